import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationDocumentSchema } from '../../src/evaluate/document.ts';
import { decodeIndexPng } from '../../src/formats/png/index-png.ts';
import { encodeMask, readImage } from '../../src/platform/images.ts';
import { command, modellock, type Finished } from '../support/command-line.ts';
import { copyPhotographs } from '../support/photographs.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/** Segmentation on the command line: photographs whose masks say where they are dark or bright. */

const key = 'with oil pastel';
let place: Workplace;
let trained: Finished;
let locked: Finished;

const run = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder });
const runWithKey = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder, key });

function json({ code, stdout, stderr }: Finished): Record<string, unknown> {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** A side of a data set: photographs, and masks of what is dark, bright, or at the border to be ignored. */
async function makeSide(side: 'train' | 'test', count: number): Promise<void> {
  const folder = place.at('scenes', side);
  for (const part of ['images', 'masks']) mkdirSync(`${folder}/${part}`, { recursive: true });
  for (const path of copyPhotographs(place.at('copied', side), count, { part: side })) {
    const name = `${basename(path.replace(/\/[^/]+$/, ''))}-${basename(path, '.jpg')}`;
    renameSync(path, `${folder}/images/${name}.jpg`);
    const { width, height, data } = await readImage(`${folder}/images/${name}.jpg`);
    const labels = Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (Math.min(x, y, width - 1 - x, height - 1 - y) === 0) return 2;
      return Number(data[3 * i] + data[3 * i + 1] + data[3 * i + 2] > 360);
    });
    const mask = await encodeMask({ width, height, data: labels });
    writeFileSync(`${folder}/masks/${name}.png`, mask);
  }
}

beforeAll(async () => {
  place = makeWorkplace({ train: 1, test: 1 });
  await makeSide('train', 8);
  await makeSide('test', 3);
  writeFileSync(place.at('scenes', 'classes.txt'), 'dark\nbright\nunlabelled\n');
  trained = await run(
    'train --task segmentation --data scenes --model model --out plain --epochs 12 --batch 4 --input-size 64x48 --json',
  );
  locked = await runWithKey(
    'lock --task segmentation --data scenes --baseline plain --out locked --input-size 64x48 --json',
    ...tiny,
  );
});
afterAll(() => place.remove());

describe('train', () => {
  it('learns what is dark and what is bright', () => {
    const { metric, score, images } = json(trained);
    expect([metric, images]).toEqual(['miou', 24]);
    // Half of it would be right by always giving one answer: a mIoU of a quarter.
    expect(score).toBeGreaterThan(0.5);
  });

  it('ignores the classes that it is told to ignore, in place of those called so', async () => {
    const words = 'train --task segmentation --data scenes --model model --epochs 0.01 --json';
    expect(json(await run(`${words} --ignore bright --out ignoring`))).toMatchObject({
      images: 24,
    });
    const manifest: unknown = JSON.parse(
      readFileSync(place.at('ignoring', 'modellock.json'), 'utf8'),
    );
    expect(manifest).toMatchObject({ labels: ['dark', 'unlabelled'] });
  });

  it('makes a model for ONNX Runtime that gives maps for batches of any size', async () => {
    const bytes = readFileSync(place.at('plain', 'onnx', 'model.onnx'));
    const session = await InferenceSession.create(bytes);
    for (const batch of [1, 3]) {
      const pixels = new Tensor('float32', new Float32Array(batch * 3 * 48 * 64), [
        batch,
        3,
        48,
        64,
      ]);
      const { logits } = await session.run({ pixel_values: pixels });
      expect(logits.dims).toEqual([batch, 2, 24, 32]);
    }
    await session.release();
  });
});

describe('lock', () => {
  it('prints one document, in mIoU', () => {
    const { bundle, ...document } = json(locked);
    expect(bundle).toBe('locked');
    const scores = evaluationDocumentSchema.parse(document);
    expect(scores).toMatchObject({ task: 'segmentation', metric: 'miou', n: 9 });
    expect(scores.baseline).toBeCloseTo(json(trained)['score'] as number, 6);
    expect(scores.baselineEdited).not.toBeNull();
    expect(scores.perClass!.map(({ label }) => label)).toEqual(['dark', 'bright']);
    expect(scores.measures!.map(({ name }) => name)).toEqual(['pixel accuracy']);
    expect(scores.decoders.length).toBeGreaterThan(0);
    expect(scores.intervals!.lp.low).toBeLessThanOrEqual(scores.lp);
  });

  it('is evaluated again by whoever has the key, with the same numbers', async () => {
    const again = evaluationDocumentSchema.parse(
      json(await runWithKey('evaluate locked --data scenes --baseline plain --json')),
    );
    const { lp, up, baseline } = json(locked);
    expect([again.lp, again.up, again.baseline]).toEqual([lp, up, baseline]);
  });

  it('without the key is told that UP is not known', async () => {
    const shown = await run('evaluate locked --data scenes');
    expect(shown.code, shown.stderr).toBe(0);
    const { up, lp, decoys } = json(await run('evaluate locked --data scenes --json'));
    expect([up, decoys]).toEqual([null, []]);
    expect(lp).toBe(json(locked)['lp']);
    const text = shown.stdout.replaceAll(/\s+/g, ' ');
    const reached = `${(100 * (lp as number)).toFixed(1)} %`;
    expect(text).toContain(`Locked, it reaches ${reached} mIoU on the same images, `);
    expect(text).toContain('The key was not given, so what it opens was not measured.');
    expect(text).toContain(`The model Without the key ${reached} (`);
    expect(shown.stdout).toMatch(/^bright +9 +[\d.]+ % +–$/m);
  });
});

describe('predict', () => {
  it('writes masks that can be read again as a data set', async () => {
    const images = place
      .files('scenes', 'test', 'images')
      .map((name) => `scenes/test/images/${name}`);
    const seen = JSON.parse(
      (await run('predict plain --out seen --json', ...images)).stdout,
    ) as unknown[];
    expect(seen).toHaveLength(9);
    expect(place.files('seen', 'masks')).toEqual(place.files('scenes', 'test', 'masks'));
    expect(place.files('seen', 'overlays')).toHaveLength(9);
    const [name] = place.files('seen', 'masks');
    const bytes = readFileSync(place.at('seen', 'masks', name));
    const { width, height } = await readImage(place.at(images[0]));
    expect(await decodeIndexPng(bytes, name)).toMatchObject({ width, height });
    cpSync(place.at('scenes', 'test', 'images'), place.at('seen', 'images'), { recursive: true });
    // What the model saw is right by its own measure.
    expect(json(await run('evaluate plain --data seen --json'))).toMatchObject({
      task: 'segmentation',
      miou: 1,
      n: 9,
    });
  });

  it('refuses to write masks of a classifier, and two pictures of one name', async () => {
    const classifier = await run('predict model --out x photos/test/cougar/000.jpg');
    expect([classifier.code, classifier.stderr]).toEqual([
      2,
      expect.stringContaining('gives no masks'),
    ]);
    const [name] = place.files('scenes', 'test', 'images');
    const same = `scenes/test/images/${name}`;
    const twice = await run('predict plain --out y', same, same);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('would both become')]);
  });
});

describe('data that a labelling team got wrong', () => {
  async function refusal(change: () => Promise<void> | void): Promise<string> {
    cpSync(place.at('scenes'), place.at('wrong'), { recursive: true });
    await change();
    const { code, stderr } = await run(
      'train --task segmentation --data wrong --model model --out never --epochs 1',
    );
    expect(code).toBe(1);
    return stderr.trim().split('\n').at(-1)!;
  }
  const [first] = ['cougar'];

  it('is refused with the file and what is wrong with it', async () => {
    const [name] = place.files('scenes', 'train', 'masks').filter((file) => file.startsWith(first));
    const at = place.at('wrong', 'train', 'masks', name);
    const size = { width: 5, height: 4 };
    expect(
      await refusal(async () =>
        writeFileSync(at, await encodeMask({ ...size, data: new Uint8Array(20) })),
      ),
    ).toMatch(/has 5x4 pixels/);
    expect(
      await refusal(async () =>
        writeFileSync(at, await encodeMask({ ...size, data: new Uint8Array(20).fill(9) })),
      ),
    ).toMatch(/has 9 at \(0, 0\) \(valid: 0 to 2, 255\)/);
    expect(await refusal(() => writeFileSync(at, 'no PNG'))).toContain(name);
    expect(await refusal(() => renameSync(at, place.at('mask.png')))).toMatch(/has no mask/);
    const found = await run('train --task segmentation --data photos/train --out never');
    expect(found.stderr).toContain('no folders of pictures and masks');
  });

  it('is left out where that is asked for, and counted', async () => {
    const result = await run(
      'train --task segmentation --data wrong --model model --out few --epochs 1 --skip-bad --json',
    );
    expect(json(result)).toMatchObject({ images: 23 });
    expect(result.stderr).toContain('1 of the pictures cannot be read and are left out');
  });
});
