import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { command, killModellock, modellock, type Finished } from '../support/command-line.ts';
import { repositoryOf, startHub } from '../support/hub-server.ts';
import { makeWorkplace, type Workplace } from '../support/workplace.ts';

/** Models that come as files of weights, as ONNX, or as transformers.js has them. */

const fixtures = join(import.meta.dirname, '../../src/nn/bare/fixtures');
const models = process.env['MODELS_DIR'] ?? join(import.meta.dirname, '../../../shared/models');

let place: Workplace;
const run = (words: string, env: Record<string, string> = {}): Promise<Finished> =>
  modellock(command(words), { cwd: place.folder, key: 'with oil pastel', env });

/** What was printed, which must be one JSON document. */
function json({ code, stdout, stderr }: Finished): Record<string, unknown> {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

beforeAll(async () => {
  place = makeWorkplace({ train: 4, test: 2 });
  for (const file of ['mae-pretrained.pth', 'mae-finetuned.pth', 'cifar-padded.th']) {
    cpSync(join(fixtures, file), place.at(file));
  }
  const { code, stderr } = await run('train --data photos --model model --epochs 1 --out plain');
  expect(code, stderr).toBe(0);
  cpSync(place.at('plain', 'onnx', 'model.onnx'), place.at('bare.onnx'));
});
afterAll(() => place.remove());

describe('a file of weights', () => {
  it('is fine-tuned, its last layer new, and what is assumed is said', async () => {
    const words = 'train --data photos --model mae-pretrained.pth --heads 2 --epochs 1 --out tuned';
    const { code, stdout, stderr } = await run(words);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^Trained on 12 pictures, accuracy [\d.]+ % on the test set: tuned\n/);
    const [assumed, head] = stderr.split('\n').filter((line) => line.startsWith('modellock: '));
    expect(assumed).toMatch(
      /^modellock: mae-pretrained\.pth is taken for a vision transformer of timm, DeiT or MAE; assumed: the mean of the patches is classified \(--pooling\); .*\(--mean, --std\)$/,
    );
    expect(head).toBe('modellock: the model gets a new last layer for 3 classes, the first');
    expect(json(await run('inspect tuned --json'))).toMatchObject({
      kind: 'classifier',
      architecture: 'mae_vit',
      labels: ['cougar', 'lobster', 'viaduct'],
    });
    expect(json(await run('evaluate tuned --data photos --json'))).toMatchObject({
      n: 6,
      matched: 'name',
    });
  });

  it('is locked like any other model, and opens with the key', async () => {
    const words = 'lock --data photos --model cifar-padded.th --input-size 32 --out locked --json';
    const options = '--editor editor --epochs 1 --mean 0.5 --std 0.5';
    expect(json(await run(`${words} ${options}`))).toMatchObject({ n: 6, bundle: 'locked' });
    const picture = place.files('photos', 'test')[0];
    const predictions: unknown = json(
      await run(`predict locked photos/test/${picture} --unlock --json`),
    );
    expect(predictions).toMatchObject([{ classes: [{}, {}, {}] }]);
    expect(JSON.parse(readFileSync(place.at('locked', 'config.json'), 'utf8'))).toMatchObject({
      model_type: 'cifar_resnet',
    });
  });

  it('is not gone on with where its pictures are prepared in another way', async () => {
    const words = 'lock --data photos --model cifar-padded.th --input-size 32 --out begun';
    const options = '--editor editor --epochs 1 --std 0.5 --mean';
    const job = { cwd: place.folder, key: 'with oil pastel', out: 'begun', after: /^edit: /m };
    await killModellock(command(`${words} ${options} 0.5`), job);
    const other = await run(`${words} ${options} 0.4`);
    expect([other.code, other.stdout]).toEqual([2, '']);
    expect(other.stderr).toContain('begun.work holds an unfinished job with other options');
    const same = await run(`${words} ${options} 0.5`);
    expect(same.code, same.stderr).toBe(0);
  });

  it('is scored with its classes in order, which is said, or by the names that it is given', async () => {
    const words = 'evaluate mae-finetuned.pth --heads 2 --data photos --json';
    const inOrder = await run(words);
    expect(json(inOrder)).toMatchObject({ task: 'classification', n: 6, matched: 'order' });
    expect(inOrder.stderr).toContain(
      "modellock: the classes have other names than the model's and are taken in sorted order: cougar is LABEL_0, lobster is LABEL_1, viaduct is LABEL_2\n",
    );
    writeFileSync(place.at('names.txt'), 'viaduct\ncougar\nlobster\n');
    const named = await run(`${words} --labels names.txt`);
    expect(json(named)).toMatchObject({ matched: 'name' });
    expect(named.stderr).not.toContain('sorted order');
    const text = await run('evaluate mae-finetuned.pth --heads 2 --data photos');
    expect(text.stdout).toMatch(
      /^accuracy [\d.]+ %[^\n]* on 6 pictures[^\n]*, classes matched by order; chance is/,
    );
  });

  it.each([
    ['evaluate mae-pretrained.pth --heads 2 --data photos', 'it has no last layer yet'],
    ['evaluate mae-finetuned.pth --data photos', '--heads says it (valid: 1, 2, 4, 8, 16)'],
    ['evaluate cifar-padded.th --heads 2 --data photos', 'leaves no "heads" open (valid: size)'],
    ['evaluate cifar-padded.th --mean 0.5 --data photos', '--mean and --std go together'],
    ['evaluate model --heads 2 --data photos', '--heads is for weights alone; model/config.json'],
    [
      'evaluate model --input-size 64 --data photos',
      'model/preprocessor_config.json says how pictures',
    ],
    ['evaluate bare.onnx --data photos', '(valid: --mean and --std, preprocessor_config.json'],
    ['train --data photos --model cifar-padded.th --mean 1,2 --std 1 --out x', 'RED,GREEN,BLUE'],
    ['train --data photos --model cifar-padded.th --mean 1 --std 0 --out x', 'numbers above 0'],
  ])('%s', async (words, message) => {
    const { code, stdout, stderr } = await run(words);
    expect([code, stdout]).toEqual([2, '']);
    const lines = stderr.trim().split('\n');
    expect(lines.at(-1)).toContain(message);
    // Before it, at most what was assumed.
    expect(lines.filter((line) => !line.startsWith('modellock: '))).toEqual([]);
  });
});

describe('an ONNX file with nothing beside it', () => {
  it('is trained and scored with what options say of its pictures', async () => {
    const options = '--mean 127.5 --std 127.5';
    const words = `train --data photos --model bare.onnx ${options} --epochs 1 --out from-onnx --json`;
    expect(json(await run(words))).toMatchObject({ images: 12 });
    expect(json(await run(`evaluate bare.onnx ${options} --data photos --json`))).toMatchObject({
      n: 6,
      matched: 'order',
    });
    const config = readFileSync(place.at('from-onnx', 'preprocessor_config.json'), 'utf8');
    expect(JSON.parse(config)).toMatchObject({ image_mean: [0.5, 0.5, 0.5] });
  });

  it('is inspected without them, and it is said what they are for', async () => {
    const found = json(await run('inspect bare.onnx --json'));
    expect(found).toMatchObject({
      kind: 'classifier',
      opset: 21,
      preprocessing: null,
      inputs: [{ name: 'pixel_values', dtype: 'float32', shape: ['batch', 3, 32, 32] }],
      can: { train: expect.stringContaining('--mean and --std') as string },
    });
  });
});

test('a repository as transformers.js has it opens as the ONNX model that it has', async () => {
  const repository = place.at('repository');
  cpSync(place.at('plain'), repository, { recursive: true });
  for (const name of ['model.safetensors', 'modellock.json']) rmSync(join(repository, name));
  // An architecture that is known as a graph only.
  const config = {
    model_type: 'efficientnet',
    id2label: { 0: 'cougar', 1: 'lobster', 2: 'viaduct' },
  };
  writeFileSync(join(repository, 'config.json'), JSON.stringify(config));
  const hub = await startHub({ 'someone/onnx': repositoryOf(repository) });
  try {
    const env = {
      HF_ENDPOINT: hub.endpoint,
      HF_HOME: place.at('hf'),
      HF_HUB_CACHE: '',
      HF_HUB_OFFLINE: '',
      HF_TOKEN: '',
    };
    const score = json(await run('evaluate hf:someone/onnx --data photos --json', env));
    expect(score).toMatchObject({ n: 6, matched: 'name' });
    expect(score).toEqual(json(await run('evaluate plain --data photos --json')));
    const offline = { ...env, HF_HUB_OFFLINE: '1' };
    expect(json(await run('inspect hf:someone/onnx --json', offline))).toMatchObject({
      layout: 'an ONNX file',
      labels: ['cougar', 'lobster', 'viaduct'],
    });
  } finally {
    await hub.close();
  }
  // The folder of such a repository is one as well.
  expect(json(await run('inspect repository --json'))).toMatchObject({ opset: 21 });
});

test('inspect says what an editor is', async () => {
  const found = json(await run('inspect editor --json'));
  expect(found).toMatchObject({
    kind: 'editor',
    architecture: 'StableDiffusionInstructPix2PixPipeline',
    keys: [{ kind: 'style' }],
    can: { edit: true, train: 'it is an editor, no classifier' },
  });
  const { stdout } = await run('inspect pocket/editor');
  expect(stdout).toMatch(/^can +edit$/m);
});

test('a real ResNet-20 of CIFAR-10 is right on most pictures', async (context) => {
  const path = join(models, 'resnet20-12fca82f.th');
  const data = process.env['DATA_DIR'] ?? join(import.meta.dirname, '../../../shared/data');
  const archive = join(data, 'cifar10.tar.gz');
  if (!existsSync(path)) return context.skip(`there is no ${path} (set MODELS_DIR)`);
  if (!existsSync(archive)) return context.skip(`there is no ${archive} (set DATA_DIR)`);
  // The first thirty of each class.
  const wanted = /^cifar10\/test\/[^/]+\/00[0-2]\d\.jpg$/;
  await extract({ file: archive, cwd: place.folder, filter: (name) => wanted.test(name) });
  const score = json(await run(`evaluate ${path} --data cifar10 --json`));
  expect(score).toMatchObject({ n: 300, matched: 'order' });
  expect(score['accuracy']).toBeGreaterThan(0.75);
});
