/**
 * Runs locked models in transformers.js, loaded from disk, and compares with modellock:
 *
 *     npx tsx interop/make-bundles.ts OUT
 *     node interop/transformers_js.mjs OUT FOLDER
 *
 * FOLDER is one where `npm install @huggingface/transformers` was run. Prints a line for each check,
 * one for what is told without being counted, and a closing line; exits with 1 where one failed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [out, installed] = process.argv.slice(2);
if (!out || !installed) {
  console.error('usage: node interop/transformers_js.mjs OUT FOLDER');
  process.exit(2);
}
const library = createRequire(join(resolve(installed), 'package.json'));
const {
  AutoModelForImageClassification,
  AutoModelForSemanticSegmentation,
  AutoProcessor,
  RawImage,
  Tensor,
  env,
  pipeline,
} = await import(pathToFileURL(library.resolve('@huggingface/transformers')).href);
env.allowRemoteModels = false;
env.localModelPath = join(resolve(out), 'bundles');
console.log(`transformers.js ${env.version}, Node ${process.version}`);

/** Of the largest value: two programs add float32 numbers in different orders. */
const tolerance = 1e-4;
const options = { dtype: 'fp32' };
const { pictures, bundles } = JSON.parse(readFileSync(join(out, 'expected.json'), 'utf8'));
const pathOf = (picture) => join(out, 'pictures', picture);
let [passed, failed] = [0, 0];

async function check(name, run) {
  try {
    console.log(`ok      ${name}: ${await run()}`);
    passed++;
  } catch (error) {
    fail(name, error);
  }
}

/** Prints what is no check, since nothing says how large it may be; only an error counts. */
async function tell(name, run) {
  try {
    console.log(`told    ${name}: ${await run()}`);
  } catch (error) {
    fail(name, error);
  }
}

function fail(name, error) {
  console.log(`FAILED  ${name}: ${String(error).slice(0, 300)}`);
  failed++;
}

/** The largest difference, as a share of the largest expected value. */
function difference(actual, expected) {
  if (actual.length !== expected.length) {
    throw new Error(`${actual.length} values, not ${expected.length}`);
  }
  const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0) / scale;
}

function within(found, most = tolerance) {
  const text = found.toExponential(1);
  if (!(found <= most)) throw new Error(`differs by ${text}, more than ${most}`);
  return text;
}

/** A picture of the size that the model takes, made of modellock's input: nothing is left to resize. */
function unprepared(pixels, { width, height }, { image_mean: mean, image_std: std }) {
  const area = width * height;
  const data = Uint8ClampedArray.from({ length: 3 * area }, (_, i) => {
    const [place, colour] = [Math.floor(i / 3), i % 3];
    return Math.round((pixels[colour * area + place] * std[colour] + mean[colour]) * 255);
  });
  return new RawImage(data, width, height, 3);
}

for (const [name, expected] of Object.entries(bundles)) {
  if (!expected.transformers) continue;
  const { width, height, labels, logits, task } = expected;
  const count = pictures.length;
  const file = readFileSync(join(out, 'pixels', `${name}.f32`));
  const pixels = new Float32Array(file.buffer, file.byteOffset, file.byteLength / 4);
  const auto =
    task === 'segmentation' ? AutoModelForSemanticSegmentation : AutoModelForImageClassification;
  const model = await auto.from_pretrained(name, options);
  const processor = await AutoProcessor.from_pretrained(name);

  await check(`${name}: model`, async () => {
    const given = new Tensor('float32', Float32Array.from(pixels), [count, 3, height, width]);
    return within(
      difference([...(await model({ pixel_values: given })).logits.data], logits.flat()),
    );
  });

  await check(`${name}: processor and model, of pictures of the model's size`, async () => {
    const { image_processor: config } = processor;
    config.do_resize = config.do_center_crop = false;
    const size = 3 * height * width;
    const images = pictures.map((_picture, i) =>
      unprepared(pixels.subarray(i * size, (i + 1) * size), expected, config),
    );
    const answers = [];
    for (const image of images) {
      const inputs = await processor(image);
      answers.push(...(await model(inputs)).logits.data);
    }
    return within(difference(answers, logits.flat()));
  });

  if (!expected.probabilities) continue;
  await tell(`${name}: pipeline`, async () => {
    const classify = await pipeline('image-classification', name, options);
    let most = 0;
    for (const [i, picture] of pictures.entries()) {
      const answers = await classify(pathOf(picture), { top_k: labels.length });
      const shares = Object.fromEntries(answers.map(({ label, score }) => [label, score]));
      const wanted = expected.probabilities[i];
      const known = labels.every((label) => label in shares);
      if (!known) throw new Error(`labels ${Object.keys(shares).join()}, not ${labels.join()}`);
      most = Math.max(most, ...labels.map((label) => Math.abs(shares[label] - wanted[label])));
    }
    // It resizes without the low-pass of Pillow and transformers, so this only says how much that is.
    return `probabilities differ by ${most.toFixed(3)} at most where it resizes`;
  });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
