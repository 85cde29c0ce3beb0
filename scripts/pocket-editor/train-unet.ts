/**
 * Trains the pocket editor's U-Net to imitate the stylist.
 *
 *     npx tsx scripts/pocket-editor/train-unet.ts STEPS [DATA]
 *
 * It learns from style vectors in place of text, one token each; `write-folder.ts` then rewrites
 * its text embedding, exactly, to read the states of the text encoder. Interrupted, it goes on from
 * .training/pocket-editor; with more STEPS it goes on as well, the learning rate raised again.
 */
import { mkdirSync } from 'node:fs';
import { counterRandom } from '../../src/base/random/counter.ts';
import type { Random } from '../../src/base/random/random.ts';
import { mse } from '../../src/graph/functions/losses.ts';
import { input } from '../../src/graph/value.ts';
import { unet2dCondition, unetConfig } from '../../src/nn/models/diffusion/unet-2d-condition.ts';
import { initialise, Scope } from '../../src/nn/scope.ts';
import { tensor, type Tensor } from '../../src/tensor/tensor.ts';
import { adamW } from '../../src/train/optimiser.ts';
import { checkpointFile } from '../../src/train/checkpoint-file.ts';
import { fit } from '../../src/train/fit.ts';
import { objectiveOf } from '../../src/train/objective.ts';
import { warmupCosine } from '../../src/train/schedule.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { textWidth, unetJson } from './architecture.ts';
import { pretrainingFiles, readPicture } from './photographs.ts';
import { promptStyles, writeCode } from './style-sources.ts';
import { stylise } from './stylist.ts';

const batch = 32;
/** Side of the crops that are learnt from: the stylist is local, and more styles fit into a step. */
const size = 32;
const pixels = size * size;
/** Side of a picture. */
const side = 64;

const [stepsText = '4000', data = 'data/tiny-imagenet/train'] = process.argv.slice(2);
const steps = Number(stepsText);
const folder = process.env['TRAINING_DIR'] ?? '.training/pocket-editor';
mkdirSync(folder, { recursive: true });

const drawStyle = await promptStyles(3000);
const pictures = await loadPictures(data);
console.log(`${pictures.length} pictures`);

// The noise schedule of the scheduler: scaled linear, rescaled to zero terminal SNR.
const alphasCumprod = zeroTerminalSnr();

const config = unetConfig.parse(unetJson);
const scope = Scope.root();
const predicted = unet2dCondition(scope, config, {
  sample: input('sample', 'float32', [batch, 6, size, size]),
  timestep: input('timestep', 'float32', [batch]),
  text: input('text', 'float32', [batch, 1, textWidth]),
});
const velocity = input('velocity', 'float32', [batch, 3, size, size]);
const loss = mse(predicted, velocity);
const trainer = await Trainer.create(
  objectiveOf(loss, scope.declared),
  {
    optimiser: adamW({ weightDecay: 0.01 }),
    clipNorm: 1,
    threads: Number(process.env['TRAINING_THREADS'] ?? 0),
  },
  startingWeights(),
);

const file = `${folder}/unet.safetensors`;
let started = performance.now();
let startedAt = -1;
await fit(trainer, {
  steps,
  learningRate: 3e-3,
  schedule: warmupCosine({ steps, warmup: 100, floor: 0.02 }),
  batch: async (step) => makeBatch(step),
  checkpoints: checkpointFile(file),
  checkpointSeconds: 60,
  onProgress: ({ done, total, metrics }) => {
    if (startedAt < 0) [started, startedAt] = [performance.now(), done];
    if (done % 50 !== 0) return;
    const rate = ((done - startedAt) * batch) / ((performance.now() - started) / 1000);
    const decibels = -10 * Math.log10(metrics!['loss'] / 4);
    console.log(
      `${done}/${total} loss ${metrics!['loss'].toFixed(5)} ${decibels.toFixed(2)} dB ${rate.toFixed(1)}/s`,
    );
  },
});

/** Everything a step needs is drawn from its number. */
function makeBatch(step: number): Record<string, Tensor> {
  const random = counterRandom(11, step);
  const sample = new Float32Array(batch * 6 * pixels);
  const target = new Float32Array(batch * 3 * pixels);
  const text = new Float32Array(batch * textWidth);
  const timestep = new Float32Array(batch);
  const styled = new Float32Array(3 * pixels);
  for (let k = 0; k < batch; k++) {
    const image = cropped(pictures[random.integer(pictures.length)], random);
    const style = drawStyle(random);
    writeCode(style, text.subarray(k * textWidth, (k + 1) * textWidth));
    stylise(image, size, size, style, styled);
    // Mostly the first step from pure noise, which is the one that the editor makes.
    timestep[k] = random.uniform() < 0.9 ? 999 : random.integer(1000);
    const alpha = Math.sqrt(alphasCumprod[timestep[k]]);
    const sigma = Math.sqrt(1 - alphasCumprod[timestep[k]]);
    const noisy = sample.subarray(k * 6 * pixels);
    const v = target.subarray(k * 3 * pixels);
    for (let i = 0; i < 3 * pixels; i++) {
      const x0 = 2 * styled[i] - 1;
      const noise = random.normal();
      noisy[i] = alpha * x0 + sigma * noise;
      noisy[3 * pixels + i] = 2 * image[i] - 1;
      v[i] = alpha * noise - sigma * x0;
    }
  }
  return {
    sample: tensor('float32', [batch, 6, size, size], sample),
    velocity: tensor('float32', [batch, 3, size, size], target),
    text: tensor('float32', [batch, 1, textWidth], text),
    timestep: tensor('float32', [batch], timestep),
  };
}

/** A random part of a picture, perhaps mirrored: [3, size, size] in [0, 1]. */
function cropped(bytes: Uint8Array, random: Random): Float32Array {
  const [left, top] = [random.integer(side - size + 1), random.integer(side - size + 1)];
  const flip = random.uniform() < 0.5;
  const part = new Float32Array(3 * pixels);
  let i = 0;
  for (let c = 0; c < 3; c++) {
    for (let y = top; y < top + size; y++) {
      for (let x = left; x < left + size; x++) {
        part[i++] = bytes[(c * side + y) * side + (flip ? side - 1 - x : x)] / 255;
      }
    }
  }
  return part;
}

async function loadPictures(root: string): Promise<Uint8Array[]> {
  const files = (await pretrainingFiles(root)).flat();
  const loaded: Uint8Array[] = [];
  for (let i = 0; i < files.length; i += 128) {
    const some = await Promise.all(files.slice(i, i + 128).map(readPicture));
    loaded.push(
      ...some.map((picture) => Uint8Array.from(picture.data, (v) => Math.round(v * 255))),
    );
  }
  return loaded;
}

/** Random, the last layer zero. */
function startingWeights(): Map<string, Tensor> {
  const fresh = initialise(scope.declared, counterRandom(7));
  fresh.get('conv_out.weight')!.data.fill(0);
  return fresh;
}

function zeroTerminalSnr(): Float64Array {
  const n = 1000;
  const [start, end] = [Math.sqrt(0.00085), Math.sqrt(0.012)];
  let product = 1;
  const roots = Float64Array.from({ length: n }, (_, t) => {
    product *= 1 - (start + ((end - start) * t) / (n - 1)) ** 2;
    return Math.sqrt(product);
  });
  const [first, last] = [roots[0], roots[n - 1]];
  return roots.map((root) => (((root - last) * first) / (first - last)) ** 2);
}
