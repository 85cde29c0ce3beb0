import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { copyPhotographs } from '../support/photographs.ts';
import { command, modellock, type Finished } from '../support/command-line.ts';
import { unusualNames, writeBomb, writeTruncated, writeUnusual } from '../support/pictures.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/** Data, models and editors that are broken, odd or not there. */

const key = 'with oil pastel';

let place: Workplace;
const picture = 'photos/train/lobster/000.jpg';
let photograph: string;
beforeAll(() => {
  place = makeWorkplace();
  photograph = place.at(picture);
});
afterAll(() => place.remove());
beforeEach(() => rmSync(place.at('data'), { recursive: true, force: true }));

const run = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder, key });
const lock = `lock --data data --out out ${tiny.join(' ')}`;

/** Expects one line, a code, and that nothing was left behind. */
async function expectRefusal(words: string, code: number, message: string | RegExp): Promise<void> {
  const before = place.files();
  const result = await run(words);
  const line = result.stderr.replaceAll(/^(?:read|hash|edit|train|evaluate): \d+\/\d+ \w+\n/gm, '');
  expect([result.code, result.stdout], line).toEqual([code, '']);
  if (typeof message === 'string') expect(line).toBe(`modellock: ${message}\n`);
  else {
    expect(line).toMatch(/^modellock: [^\n]+\n$/);
    expect(line).toMatch(message);
  }
  expect(place.files()).toEqual(before);
}

describe('a data folder', () => {
  it('that is not there', async () => {
    await expectRefusal(lock, 1, 'there is no folder data');
  });

  it('that is a file', async () => {
    await expectRefusal(`${lock} --data ${picture}`, 1, /000\.jpg/);
  });

  it('that is empty', async () => {
    mkdirSync(place.at('data'));
    const message = 'data has no pictures in class folders; expected data/CLASS/picture.jpg';
    await expectRefusal(lock, 1, message);
    await expectRefusal('evaluate model --data data', 1, message);
    await expectRefusal('edit data --editor editor --out out', 1, 'there are no pictures in data');
  });

  it('of one class', async () => {
    copyPhotographs(place.at('data'), 2, { classes: ['lobster'] });
    await expectRefusal(lock, 1, 'data has one class only, "lobster"; at least two are needed');
  });

  it('with a test set of other classes', async () => {
    copyPhotographs(place.at('data', 'train'), 2);
    copyPhotographs(place.at('data', 'test'), 1, { classes: ['terrier'] });
    await expectRefusal(
      lock,
      1,
      'the model has no class "terrier"; the data has terrier (valid: cougar, lobster, viaduct)',
    );
  });

  it('with fewer pictures asked for than it has classes', async () => {
    copyPhotographs(place.at('data'), 2);
    await expectRefusal(
      `${lock} --limit 2`,
      2,
      'a limit of 2 pictures for 3 classes (valid: 3 or more)',
    );
  });
});

describe('a picture that cannot be read', () => {
  const bad: [string, (path: string) => void | Promise<void>][] = [
    ['truncated.jpg', (path) => writeTruncated(path, photograph)],
    ['text.jpg', (path) => writeFileSync(path, 'This is not a picture.\n')],
    ['empty.png', (path) => writeFileSync(path, '')],
    ['bomb.png', (path) => writeBomb(path, photograph)],
  ];

  it.each(bad)('%s stops a job at its start, by name', async (name, write) => {
    copyPhotographs(place.at('data'), 2);
    await write(place.at('data', 'lobster', name));
    const message = new RegExp(
      `^modellock: data/lobster/${name} cannot be read as a picture: .+; --skip-bad leaves such files out\n$`,
    );
    await expectRefusal(lock, 1, message);
    await expectRefusal(`predict model data/lobster/${name}`, 1, /cannot be read as a picture/);
  });

  it('is left out on request, counted and listed', async () => {
    copyPhotographs(place.at('data'), 2);
    for (const [name, write] of bad) await write(place.at('data', 'lobster', name));
    const paths = bad.map(([name]) => `data/lobster/${name}`).sort();
    const jobs = {
      lock: `${lock} --skip-bad --json`,
      train: 'train --data data --model model --out trained --epochs 1 --skip-bad --json',
      evaluate: 'evaluate out --data data --skip-bad --json',
      edit: 'edit data --editor editor --out edited --skip-bad --json',
    };
    for (const [name, words] of Object.entries(jobs)) {
      const { code, stdout, stderr } = await run(words);
      expect(code, `${name}: ${stderr}`).toBe(0);
      const { skipped, images, n } = JSON.parse(stdout) as {
        skipped: string[];
        images?: number;
        n?: number;
      };
      expect([...skipped].sort(), name).toEqual(paths);
      expect(images ?? n, name).toBe(6);
      const list = paths.map((path) => `  ${path}\n`).join('');
      expect(stderr, name).toContain(
        `modellock: 4 of the pictures cannot be read and are left out:\n${list}`,
      );
    }
    for (const name of ['out', 'trained', 'edited']) rmSync(place.at(name), { recursive: true });
  });

  it('is not the last of its class', async () => {
    copyPhotographs(place.at('data'), 2);
    rmSync(place.at('data', 'lobster'), { recursive: true });
    mkdirSync(place.at('data', 'lobster'));
    writeFileSync(place.at('data', 'lobster', 'text.jpg'), 'no picture');
    const result = await run(`${lock} --skip-bad`);
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'modellock: no picture of class "lobster" in data can be read\n',
      ) as string,
    });
  });
});

test('unusual pictures, odd names and a class of one picture make a lock like others', async () => {
  copyPhotographs(place.at('data', 'train'), 2);
  for (const [from, to] of [
    ['cougar', 'un félin très rapide'],
    ['viaduct', '1'],
  ]) {
    cpSync(place.at('data', 'train', from), place.at('data', 'train', to), { recursive: true });
    rmSync(place.at('data', 'train', from), { recursive: true });
  }
  rmSync(place.at('data', 'train', '1', '001.jpg'));
  await writeUnusual(place.at('data', 'train', 'lobster'), photograph);
  cpSync(place.at('data', 'train'), place.at('data', 'test'), { recursive: true });

  const locked = await run(`${lock} --json`);
  expect(locked.code, locked.stderr).toBe(0);
  const classes = ['1', 'lobster', 'un félin très rapide'];
  const images = 1 + 2 + 2 + unusualNames.length;
  const document = JSON.parse(locked.stdout) as { perClass: { label: string }[] };
  expect(document).toMatchObject({ n: images, images });
  expect(document.perClass.map(({ label }) => label)).toEqual(classes);

  const pictures = unusualNames.map((name) => `data/test/lobster/${name}`);
  for (const more of [[], ['--unlock']]) {
    const result = await run('predict out --json', ...pictures, ...more);
    expect(result.code, result.stderr).toBe(0);
    const predictions = JSON.parse(result.stdout) as {
      image: string;
      classes: { probability: number }[];
    }[];
    expect(predictions.map(({ image }) => image)).toEqual(pictures);
    for (const { classes: likely } of predictions) {
      expect(likely.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1);
    }
  }
  rmSync(place.at('out'), { recursive: true });
});

describe('a model', () => {
  beforeEach(() => {
    copyPhotographs(place.at('data'), 2);
    rmSync(place.at('broken'), { recursive: true, force: true });
    cpSync(place.at('model'), place.at('broken'), { recursive: true });
  });
  afterAll(() => rmSync(place.at('broken'), { recursive: true, force: true }));

  /** Every verb that reads a model. */
  const readers = [
    'inspect broken',
    `predict broken ${picture}`,
    'evaluate broken --data data',
    'train --data data --model broken --out out',
    'lock --data data --editor editor --model broken --out out',
  ];
  const configured = (change: (config: Record<string, unknown>) => void): void => {
    const config = JSON.parse(readFileSync(place.at('broken', 'config.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    change(config);
    writeFileSync(place.at('broken', 'config.json'), JSON.stringify(config));
  };

  it('without a field of its configuration', async () => {
    configured((config) => delete config['hidden_sizes']);
    for (const words of readers) {
      await expectRefusal(words, 1, 'broken/config.json: field "hidden_sizes" is missing');
    }
  });

  it('of an unknown architecture', async () => {
    configured((config) => (config['model_type'] = 'perceptron'));
    await expectRefusal(
      'inspect broken',
      1,
      'broken/config.json: model_type "perceptron" is not supported (valid: cifar_resnet, convnext, deit, mae_vit, mobilenet_v2, resnet, segformer, swin, vit, onnx)',
    );
  });

  it.each(['config.json', 'preprocessor_config.json', 'model.safetensors'])(
    'without its %s',
    async (name) => {
      rmSync(place.at('broken', name));
      await expectRefusal('inspect broken', 1, new RegExp(`broken/${name}`));
    },
  );

  it('whose configuration is no JSON', async () => {
    writeFileSync(place.at('broken', 'config.json'), '{"model_type": "resnet"');
    await expectRefusal('inspect broken', 1, /^modellock: broken\/config\.json is not JSON: /);
  });

  it('whose weights are broken', async () => {
    const path = place.at('broken', 'model.safetensors');
    const whole = readFileSync(path);
    const huge = Buffer.from(whole);
    huge.writeBigUInt64LE(2n ** 60n, 0);
    const garbled = Buffer.from(whole);
    garbled.write('}}}}', 8);
    const file = 'broken/model.safetensors is no valid safetensors file';
    for (const [bytes, message] of [
      [huge, `${file}: its header claims 1152921504606846976 bytes`],
      [garbled, new RegExp(`^modellock: ${file}: its header is not JSON`)],
      [
        whole.subarray(0, -4),
        new RegExp(`^modellock: ${file}: it has \\d+ bytes, its header speaks of \\d+`),
      ],
      [whole.subarray(0, 4), `${file}: it is shorter than its header`],
    ] as const) {
      writeFileSync(path, bytes);
      await expectRefusal('inspect broken', 1, message);
    }
    for (const words of readers)
      await expectRefusal(words, 1, `${file}: it is shorter than its header`);
  });

  it('whose weights are of another shape', async () => {
    configured((config) => (config['embedding_size'] = 4));
    const message =
      /modellock: broken\/model\.safetensors: tensor "resnet\.embedder\S+" has shape \[8.*\], not \[4/;
    await expectRefusal(`predict broken ${picture}`, 1, message);
    const trained = await run('train --data data --model broken --out out');
    expect(trained.code).toBe(1);
    expect(trained.stderr).toMatch(message);
    rmSync(place.at('out.work'), { recursive: true });
  });

  it('for a baseline, of other classes: before the long part', async () => {
    await expectRefusal(
      `${lock} --baseline model`,
      2,
      'the baseline model has other classes than the model (valid: cougar, lobster, viaduct)',
    );
  });
});

describe('an editor', () => {
  beforeEach(() => {
    copyPhotographs(place.at('data'), 1);
    rmSync(place.at('broken'), { recursive: true, force: true });
    cpSync(place.at('editor'), place.at('broken'), { recursive: true });
  });
  afterAll(() => rmSync(place.at('broken'), { recursive: true, force: true }));
  const edit = 'edit data --editor broken --out out';

  it('that is no editor', async () => {
    await expectRefusal(
      'edit data --editor model --out out',
      1,
      'cannot read model/model_index.json: there is no such file or folder',
    );
    await expectRefusal(
      'edit data --editor nowhere --out out',
      1,
      'the editor nowhere does not exist (valid: pocket, a folder of diffusers with model_index.json, or a checkpoint in one file, hf:owner/name[@revision])',
    );
  });

  it('without a field of a configuration', async () => {
    const path = place.at('broken', 'unet', 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    delete config['block_out_channels'];
    writeFileSync(path, JSON.stringify(config));
    await expectRefusal(edit, 1, 'broken/unet/config.json: field "block_out_channels" is missing');
  });

  it('of another pipeline', async () => {
    writeFileSync(place.at('broken', 'model_index.json'), '{"_class_name": "TextToSmell"}');
    await expectRefusal(
      edit,
      1,
      /^modellock: broken\/model_index\.json: pipeline "TextToSmell" is no editor \(valid: /,
    );
  });

  it('whose weights are broken', async () => {
    const path = place.at('broken', 'vae', 'diffusion_pytorch_model.safetensors');
    const bytes = readFileSync(path);
    bytes.writeBigUInt64LE(2n ** 60n, 0);
    writeFileSync(path, bytes);
    const result = await run(edit);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(
      'modellock: broken/vae/diffusion_pytorch_model.safetensors is no valid safetensors file: its header claims',
    );
    expect(place.files()).not.toContainEqual(expect.stringMatching(/^out\//));
    rmSync(place.at('out.work'), { recursive: true });
  });
});

test('two pictures of one name are not edited into one file', async () => {
  copyPhotographs(place.at('data'), 1);
  copyFileSync(photograph, place.at('data', 'lobster', '000.jpeg'));
  await expectRefusal(
    'edit data --editor editor --out out',
    2,
    'data/lobster/000.jpeg and data/lobster/000.jpg would both become lobster/000.png',
  );
});
