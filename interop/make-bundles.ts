/**
 * Locks tiny classifiers of every architecture and writes down what modellock says of some pictures,
 * for bundles.py and transformers_js.mjs to say it, too:
 *
 *     npx tsx interop/make-bundles.ts OUT [PICTURE...]
 *
 * OUT gets `bundles/NAME`, `pictures` and `expected.json`; of each bundle `pixels/NAME.f32`, the
 * input of the model for all pictures, [pictures, 3, height, width]. What was made there before is
 * replaced; a folder with anything else in it is refused. Classifiers that came as ONNX
 * files are taken from GOLDEN_DIR (default ../shared/golden) as well, where there is one.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import sharp from 'sharp';
import { counterRandom } from '../src/base/random/counter.ts';
import { openCheckpoint } from '../src/bundle/open-checkpoint.ts';
import { Predictor } from '../src/bundle/predictor.ts';
import { exportOnnx } from '../src/bundle/write.ts';
import { stratified } from '../src/data/draw.ts';
import { readImageFolder } from '../src/data/image-folder.ts';
import { encodeSafetensors } from '../src/formats/safetensors.ts';
import { input } from '../src/graph/value.ts';
import { lock, predict } from '../src/index.ts';
import type { RawConfig } from '../src/nn/config.ts';
import { networkFrom } from '../src/nn/models/networks.ts';
import type { ModelType } from '../src/nn/models/registry.ts';
import { initialise, Scope } from '../src/nn/scope.ts';
import { tinyClassifiers } from '../src/nn/testing/tiny-classifiers.ts';
import { assetPath } from '../src/platform/assets.ts';
import { encodeImage, readImages } from '../src/platform/images.ts';
import type { TaskName } from '../src/tasks/task.ts';
import { toFloat16 } from '../src/tensor/convert.ts';
import type { RgbImage } from '../src/tensor/image.ts';
import { toNumbers, zeros, type Tensor } from '../src/tensor/tensor.ts';
import { copyPhotographs } from '../tests/support/photographs.ts';
import { bundleCases, type BundleCase } from './bundle-cases.ts';

/** What a bundle is to say of each picture. */
interface Expected {
  /** Whether transformers knows its architecture. */
  readonly transformers: boolean;
  readonly height: number;
  readonly width: number;
  readonly labels: readonly string[];
  readonly task: TaskName;
  /** Of each picture, in a row: [classes] or [classes, h, w]. */
  readonly logits: readonly (readonly number[])[];
  /** What `predict --json` prints of pictures with one class: for each picture, by class. */
  readonly probabilities?: readonly Readonly<Record<string, number>>[];
}

/** Classifiers among the golden ONNX files, and the height of their pictures. */
const goldenOnnx = { 'mae-vit': 16, mobilenet: 32, resnet: 24, vit: 16 };

const [out, ...given] = process.argv.slice(2);
if (!out) {
  console.error('usage: npx tsx interop/make-bundles.ts OUT [PICTURE...]');
  process.exit(2);
}
if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, 'expected.json'))) {
  console.error(`${out} holds something else than bundles of before; name an empty folder`);
  process.exit(2);
}
const golden = process.env['GOLDEN_DIR'] ?? join(import.meta.dirname, '../../shared/golden');
const models = mkdtempSync(join(tmpdir(), 'modellock-interop-'));
process.once('exit', () => rmSync(models, { recursive: true, force: true }));
const data = await writeData(join(models, 'data'));

rmSync(out, { recursive: true, force: true });
for (const name of ['bundles', 'pictures', 'pixels']) {
  mkdirSync(join(out, name), { recursive: true });
}
const pictures = await writePictures(join(out, 'pictures'));
const bundles: Record<string, Expected> = {};
for (const [name, made] of Object.entries(bundleCases)) {
  await locked(name, writeCheckpoint(name, made), made.task);
}
await locked('pocket', 'pocket');
await locked('onnx-of-ours', writeOwnOnnx());
for (const [name, side] of Object.entries(goldenOnnx)) {
  const file = join(golden, 'onnx', name, 'dynamo.onnx');
  if (existsSync(file)) await locked(`onnx-${name}`, withPreprocessor(name, file, side));
  else console.error(`skipped onnx-${name}: no ${file}`);
}
writeFileSync(
  join(out, 'expected.json'),
  JSON.stringify({ pictures: pictures.map((path) => basename(path)), bundles }, null, 1),
);

/** Photographs with labels for each task: their folders, a table, and masks of what is bright. */
async function writeData(folder: string): Promise<Readonly<Record<TaskName, string>>> {
  const classified = join(folder, 'classified');
  const paths = copyPhotographs(classified, 4);
  const table = join(classified, 'labels.csv');
  const rows = paths.map(
    (path, i) => `${relative(classified, path)},${['', 'cat', 'cat|dog'][i % 3]}`,
  );
  const masked = join(folder, 'masked');
  for (const name of ['images', 'masks']) mkdirSync(join(masked, name), { recursive: true });
  for (const [i, { width, height, data: colours }] of (await readImages(paths)).entries()) {
    copyFileSync(paths[i], join(masked, 'images', `${i}.jpg`));
    const bright = Uint8Array.from({ length: width * height }, (_, at) => colours[3 * at] >> 7);
    const raw = { width, height, channels: 1 } as const;
    await sharp(bright, { raw })
      .toColourspace('b-w')
      .png()
      .toFile(join(masked, 'masks', `${i}.png`));
  }
  writeFileSync(join(masked, 'classes.txt'), 'dark\nbright\n');
  writeFileSync(table, `image,labels\n${rows.join('\n')}\n`);
  return { classification: classified, 'multi-label': table, segmentation: masked };
}

/** Photographs, cut so that they are wide and high, a large one of many, and those given. */
async function writePictures(folder: string): Promise<string[]> {
  const { items } = await readImageFolder(join(assetPath('demo'), 'test'));
  const paths = stratified(items, ({ label }) => label, 12, 1).map(({ path }) => path);
  const photographs = await readImages(paths);
  const made: Readonly<Record<string, RgbImage>> = {
    'wide.png': cut(photographs[0], 61, 42),
    'high.png': cut(photographs[1], 31, 64),
    'large.png': mosaic(photographs, 4, 3),
    'exact.png': cut(photographs[2], 32, 32),
  };
  const written: string[] = [];
  for (const [name, image] of Object.entries(made)) {
    written.push(join(folder, name));
    writeFileSync(written.at(-1)!, await encodeImage(image));
  }
  for (const path of [paths[3], ...given]) {
    written.push(join(folder, `given-${written.length}-${basename(path)}`));
    copyFileSync(path, written.at(-1)!);
  }
  return written;
}

function cut(image: RgbImage, width: number, height: number): RgbImage {
  return drawn(width, height, (x, y) => [image, x, y]);
}

/** Photographs of the same size beside and below each other. */
function mosaic(images: readonly RgbImage[], columns: number, rows: number): RgbImage {
  const [{ width, height }] = images;
  return drawn(columns * width, rows * height, (x, y) => [
    images[Math.floor(y / height) * columns + Math.floor(x / width)],
    x % width,
    y % height,
  ]);
}

function drawn(
  width: number,
  height: number,
  from: (x: number, y: number) => [image: RgbImage, x: number, y: number],
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let place = 0; place < width * height; place++) {
    const [image, x, y] = from(place % width, Math.floor(place / width));
    const start = (y * image.width + x) * 3;
    data.set(image.data.subarray(start, start + 3), place * 3);
  }
  return { width, height, data };
}

/** Random weights, of norms and running statistics as well, so that a missing term shows. */
function randomWeights(config: RawConfig): Map<string, Tensor<'float32'>> {
  const scope = Scope.root();
  networkFrom(config, 'config.json').build(scope, input('x', 'float32', [1, 3, 32, 32]));
  const random = counterRandom(1);
  const weights = initialise(scope.declared, random);
  for (const [name, { data }] of weights) {
    data.forEach((value, i) => (data[i] = value + 0.2 * random.normal()));
    if (name.endsWith('running_var')) data.forEach((value, i) => (data[i] = 0.1 + Math.abs(value)));
  }
  return weights;
}

function tinyConfig(type: ModelType): RawConfig {
  return tinyClassifiers.find((config) => config['model_type'] === type)!;
}

/** What transformers saves of a `ViTModel`: names without their prefix, and a pooler at the end. */
function bodyAlone(
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  { hidden_size: width }: RawConfig,
): Map<string, Tensor> {
  const pooler = [
    ['vit.pooler.dense.weight', zeros('float32', [Number(width), Number(width)])],
    ['vit.pooler.dense.bias', zeros('float32', [Number(width)])],
  ] as const;
  const body = [...weights, ...pooler].filter(([name]) => name.startsWith('vit.'));
  return new Map(body.map(([name, t]) => [name.slice('vit.'.length), toFloat16(t)]));
}

function writeCheckpoint(name: string, { type, preprocessor, config, isBody }: BundleCase): string {
  const folder = join(models, name);
  const whole = { ...tinyConfig(type), ...config };
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(whole));
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(preprocessor));
  const weights = randomWeights(whole);
  const saved = isBody ? bodyAlone(weights, whole) : weights;
  writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(saved));
  return folder;
}

function writeOwnOnnx(): string {
  const config = tinyConfig('resnet');
  const file = join(models, 'own.onnx');
  const size = { height: 32, width: 32 };
  writeFileSync(file, exportOnnx({ config, weights: randomWeights(config), size }));
  return withPreprocessor('own', file, 32);
}

/** A copy of an ONNX file with a `preprocessor_config.json` beside it. */
function withPreprocessor(name: string, file: string, side: number): string {
  const folder = join(models, `onnx-${name}`);
  mkdirSync(folder);
  copyFileSync(file, join(folder, 'model.onnx'));
  const preprocessor = { size: side, image_mean: [0.5, 0.4, 0.3], image_std: [0.2, 0.3, 0.4] };
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(preprocessor));
  return join(folder, 'model.onnx');
}

/** Locks a model with one step of training, and notes what it says then. */
async function locked(
  name: string,
  model: string,
  task: TaskName = 'classification',
): Promise<void> {
  const bundle = join(out, 'bundles', name);
  await lock({
    model,
    task,
    data: data[task],
    editor: 'pocket',
    key: { prompt: 'with oil pastel' },
    recipe: 'paper',
    // So fast that a head that was all but zero says something.
    tuning: { epochs: 1, learningRate: 0.05, clipNorm: null },
    seed: 1,
    out: bundle,
    edits: join(models, 'edits'),
  });
  const { checkpoint } = await openCheckpoint(bundle);
  const { preprocessor, network: classifier } = checkpoint;
  const { height, width } = preprocessor.size;
  const size = 3 * height * width;
  const pixels = new Float32Array(pictures.length * size);
  const images = await readImages(pictures);
  images.forEach((image, i) =>
    preprocessor.normalise(preprocessor.toPixels(image), pixels.subarray(i * size, (i + 1) * size)),
  );
  writeFileSync(join(out, 'pixels', `${name}.f32`), pixels);
  const predictor = await Predictor.create(checkpoint);
  const logits = toNumbers(await predictor.logits(images));
  await predictor.dispose();
  const { labels, architecture } = classifier;
  const each = logits.length / pictures.length;
  const predictions =
    task === 'classification'
      ? await predict({ model: bundle, images: pictures, top: labels.length })
      : undefined;
  bundles[name] = {
    transformers: architecture !== undefined,
    height,
    width,
    labels,
    task,
    logits: pictures.map((_path, i) => logits.slice(i * each, (i + 1) * each)),
    probabilities: predictions?.map(({ classes }) =>
      Object.fromEntries(classes.map(({ label, probability }) => [label, probability])),
    ),
  };
  console.error(`locked ${name}`);
}
