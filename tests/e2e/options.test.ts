import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseManifest, type Manifest } from '../../src/bundle/manifest.ts';
import { evaluationDocumentSchema } from '../../src/evaluate/document.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { edit, type EditJobOptions } from '../../src/lock/edit.ts';
import { float32 } from '../../src/tensor/tensor.ts';
import { command, modellock, type Finished } from '../support/command-line.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/**
 * Options that nothing else passes: each does something. One command has as many as go together, for
 * most of its time goes into starting.
 */

const key = 'with oil pastel';
let place: Workplace;

const run = (words: string, ...more: readonly string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder, key });

function json({ code, stdout, stderr }: Finished): Record<string, unknown> {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const manifestOf = (folder: string): Manifest =>
  parseManifest(readFileSync(place.at(folder, 'modellock.json'), 'utf8'), folder);

beforeAll(() => {
  place = makeWorkplace();
  const layer = 'text_encoder.text_model.encoder.layers.0.self_attn.v_proj';
  const factor = (shape: readonly number[]) =>
    float32(
      shape,
      Array.from({ length: 32 }, (_, i) => 0.1 * Math.sin(i)),
    );
  writeFileSync(
    place.at('lora.safetensors'),
    encodeSafetensors(
      new Map([
        [`${layer}.lora_A.weight`, factor([2, 16])],
        [`${layer}.lora_B.weight`, factor([16, 2])],
      ]),
    ),
  );
});
afterAll(() => place.remove());

/** How pictures are edited: words of the command line, and the same for a program. */
const words =
  '--steps 2 --guidance 3 --image-guidance 2 --edit-size 24 --precision int8 --lora lora.safetensors=0.5';
const settings = { steps: 2, guidance: 3, imageGuidance: 2, size: 24 };

describe('edit', () => {
  const pictures = 'photos/test/lobster';

  it('leaves nothing in the home folder, such as what ONNX Runtime would report', async () => {
    const home = place.at('home');
    mkdirSync(home);
    const env = { HOME: home, USERPROFILE: home, XDG_CACHE_HOME: join(home, 'cache') };
    const finished = await modellock(
      command(`edit ${pictures} --editor editor --steps 1 --out plain`),
      { cwd: place.folder, key, env },
    );
    expect(finished.code, finished.stderr).toBe(0);
    expect(readdirSync(home)).toEqual([]);
  });

  it('takes each option of an edit for what it is', async () => {
    const { code, stdout, stderr } = await run(
      `edit ${pictures} --editor editor --alpha 1 --no-compare --out shown`,
      ...words.split(' '),
    );
    expect([code, stdout], stderr).toEqual([0, 'Edited 2 pictures: shown\n']);

    const job: Omit<EditJobOptions, 'out'> = {
      inputs: [place.at(pictures)],
      editor: place.at('editor'),
      key: { prompt: key },
      loras: [{ path: place.at('lora.safetensors'), weight: 0.5 }],
      edit: { ...settings, alpha: 1 },
    };
    const edited = async (name: string, changes: Partial<EditJobOptions>) => {
      await edit({ ...job, ...changes, out: place.at(name) });
      return place.hashes(name);
    };
    const shown = place.hashes('shown');
    // The smallest of models has no layer that is large enough to be rounded.
    expect(await edited('same', {})).toEqual(shown);
    for (const name of Object.keys(settings)) {
      const others = Object.entries(job.edit!).filter(([other]) => other !== name);
      const without = await edited(`without-${name}`, { edit: Object.fromEntries(others) });
      expect(without, name).not.toEqual(shown);
    }
    const loras = [{ path: place.at('lora.safetensors'), weight: 1 }];
    expect(await edited('other-weight', { loras })).not.toEqual(shown);
  });

  it('compares what int8 makes with single precision, unless told not to', async () => {
    const { stdout } = await run(`edit ${pictures} --editor editor --precision int8 --out rounded`);
    expect(stdout).toBe(
      'Edited 2 pictures: rounded\nPSNR to float32: none, they are the same, 2 pictures compared\n',
    );
  });
});

it('a lock keeps how its pictures are edited, and decoys are tried on so many pictures', async () => {
  const locked = await run(
    'lock --data photos/train --limit 6 --out locked',
    ...tiny,
    ...words.split(' '),
  );
  expect(locked.code, locked.stderr).toBe(0);
  expect(manifestOf('locked').lock).toMatchObject({
    precision: 'int8',
    loras: [{ path: 'lora.safetensors', weight: 0.5 }],
    edit: settings,
  });
  const document = json(await run('evaluate locked --data photos --decoy-images 2 --json'));
  const { n, decoys } = evaluationDocumentSchema.parse(document);
  expect([n, new Set(decoys.map((decoy) => decoy.n))]).toEqual([6, new Set([2])]);
});

it('a table finds its pictures in another folder, and names say whose they are', async () => {
  const lines = place.files('photos').map((name) => {
    const [side, label] = name.split('/');
    return `${name},${label},${side}`;
  });
  writeFileSync(place.at('table.csv'), `image,label,split\n${lines.join('\n')}\n`);
  const train = 'train --data table.csv --images photos --model model --epochs 1 --from-scratch';
  const pattern = ['--group-pattern', '^([0-9]+)'];
  // 000.jpg of each class is taken for one patient's, and there is one on either side.
  const refused = await run(`${train} --out refused`, ...pattern);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('2 groups (such as patients) are on both sides of the split');
  const allowed = json(
    await run(`${train} --out scratch --allow-shared-groups --json`, ...pattern),
  );
  expect(allowed).toMatchObject({
    images: 12,
    overlap: { groups: { count: 2, train: 6, test: 6 } },
  });
  expect(manifestOf('scratch').training).toMatchObject({ fromScratch: true });
});

it('pixels without an annotation are a class, or ignored', async () => {
  const names = place.files('photos', 'train').slice(0, 4);
  const square = [0, 0, 32, 0, 32, 32, 0, 32];
  writeFileSync(
    place.at('instances.json'),
    JSON.stringify({
      images: names.map((name, id) => ({ id, file_name: name, width: 64, height: 64 })),
      categories: [
        { id: 1, name: 'cat' },
        { id: 2, name: 'dog' },
      ],
      annotations: names.map((_, id) => ({
        image_id: id,
        category_id: 1 + (id % 2),
        segmentation: [square],
      })),
    }),
  );
  const train =
    'train --task segmentation --data instances.json --images photos/train --model model --epochs 1';
  for (const [background, labels] of [
    ['class', ['background', 'cat', 'dog']],
    ['ignore', ['cat', 'dog']],
  ] as const) {
    const { code, stderr } = await run(`${train} --background ${background} --out ${background}`);
    expect(code, stderr).toBe(0);
    expect(manifestOf(background).labels).toEqual(labels);
  }
});
