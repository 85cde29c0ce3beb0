/**
 * Trains the pocket backbone: a small ResNet on the pretraining classes of Tiny ImageNet.
 *
 *     npx tsx scripts/pocket-backbone/train.ts DATA [EPOCHS] [OUT]
 *
 * DATA has `train` and `test`, a folder a class. Interrupted, it goes on from .training/pocket-backbone.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { counterRandom } from '../../src/base/random/counter.ts';
import { Predictor } from '../../src/bundle/predictor.ts';
import { readCheckpoint } from '../../src/bundle/checkpoint.ts';
import type { BoxRanges } from '../../src/data/augment/box.ts';
import { drawCrop, resizedCrop } from '../../src/data/augment/crop.ts';
import { drawMix, mixBatch, partnersWithin, type Mixing } from '../../src/data/augment/mix.ts';
import { drawMove, moved } from '../../src/data/augment/move.ts';
import { readImageFolder, type ImageDataset } from '../../src/data/image-folder.ts';
import { preprocessor } from '../../src/data/preprocess.ts';
import { preprocessorConfig } from '../../src/data/preprocessor-config.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { crossEntropy } from '../../src/graph/functions/losses.ts';
import { input } from '../../src/graph/value.ts';
import { withLabels, classifierFrom } from '../../src/nn/models/registry.ts';
import { initialise, Scope } from '../../src/nn/scope.ts';
import { readImage, readImages } from '../../src/platform/images.ts';
import { classification } from '../../src/tasks/classification.ts';
import { toFloat16 } from '../../src/tensor/convert.ts';
import { tensor, type Tensor } from '../../src/tensor/tensor.ts';
import { checkpointFile } from '../../src/train/checkpoint-file.ts';
import { fit } from '../../src/train/fit.ts';
import { objectiveOf } from '../../src/train/objective.ts';
import { sgd } from '../../src/train/optimiser.ts';
import { warmupCosine } from '../../src/train/schedule.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { isHeldBack } from '../held-back.ts';

const [data, epochsText = '54', out = 'assets/pocket-backbone'] = process.argv.slice(2);
const batch = 128;
const size = 64;
/** Colours stay as they are: a lock has to tell styles apart. */
const crops: BoxRanges = { area: [0.3, 1], aspect: [3 / 4, 4 / 3] };
/** Half of the batches, by CutMix. */
const mixing: Mixing = { mixup: 0, cutmix: 1, probability: 0.5, switchProbability: 1 };
const partners = partnersWithin(Array<string>(batch).fill('pictures'));
const folder = process.env['TRAINING_DIR'] ?? '.training/pocket-backbone';
mkdirSync(folder, { recursive: true });

const set = pretrainingClasses(await readImageFolder(join(data, 'train')));
const pictures = await readImages(set.items.map(({ path }) => path));
console.log(`${pictures.length} pictures of ${set.classes.length} classes`);

/** Names without the number that the data set puts before them. */
const labels = set.classes.map((name) => name.replace(/^n\d+_/, ''));
const config = withLabels(
  {
    architectures: ['ResNetForImageClassification'],
    model_type: 'resnet',
    modellock_version: '2',
    num_channels: 3,
    embedding_size: 32,
    hidden_sizes: [64, 128, 256, 384],
    depths: [1, 1, 1, 1],
    layer_type: 'basic',
    hidden_act: 'relu',
    downsample_in_first_stage: false,
    downsample_in_bottleneck: false,
    torch_dtype: 'float16',
  },
  labels,
);
const preprocessing = {
  image_processor_type: 'ConvNextImageProcessor',
  do_resize: true,
  // The shorter side to 64 pixels, then the middle 64 x 64.
  size: { shortest_edge: size },
  crop_pct: 1,
  resample: 3,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
};
const prepare = preprocessor(preprocessorConfig.parse(preprocessing));

const stepsPerEpoch = Math.floor(pictures.length / batch);
const steps = Number(epochsText) * stepsPerEpoch;
const checkpoints = checkpointFile(join(folder, 'resnet.safetensors'));
let order: { epoch: number; images: Uint32Array } = { epoch: -1, images: new Uint32Array() };
/**
 * Smaller pictures first: random crops magnify what they show, and so a network that will see whole
 * ones learns as much from crops of three quarters of their side (arXiv 1906.06423), in half the time.
 */
await (await train(48, Math.round((5 / 6) * steps))).dispose();
const trainer = await train(size, steps);

/** Trains up to a step with pictures of a size, from the checkpoint on, whatever size that is of. */
async function train(side: number, last: number): Promise<Trainer> {
  const scope = Scope.root({ training: true });
  const x = input('x', 'float32', [batch, 3, side, side]);
  const target = input('target', 'float32', [batch, labels.length]);
  const { logits } = classifierFrom(config, 'config.json').build(scope, x);
  const trainer = await Trainer.create(
    objectiveOf(crossEntropy(logits, target), scope.declared),
    {
      optimiser: sgd({ nesterov: true, weightDecay: 5e-4 }),
      parameterOptions: (_name, shape) => (shape.length < 2 ? { weightDecay: 0 } : {}),
    },
    initialise(scope.declared, counterRandom(42)),
  );
  let [started, startedAt] = [performance.now(), -1];
  await fit(trainer, {
    steps: last,
    learningRate: 0.2,
    schedule: warmupCosine({ steps, warmup: Math.round(steps / 10) }),
    batch: async (step) => makeBatch(step, side),
    checkpoints,
    checkpointSeconds: 60,
    onProgress: ({ done, metrics }) => {
      if (startedAt < 0) [started, startedAt] = [performance.now(), done];
      if (done % 50 !== 0) return;
      const rate = ((done - startedAt) * batch * 1000) / (performance.now() - started);
      console.log(`${done}/${steps} loss ${metrics!['loss'].toFixed(3)} ${rate.toFixed(0)}/s`);
    },
  });
  return trainer;
}

mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
writeFileSync(join(out, 'preprocessor_config.json'), `${JSON.stringify(preprocessing, null, 2)}\n`);
const half = new Map(
  [...trainer.weights()].map(([name, t]) => [name, toFloat16(t as Tensor<'float32'>)]),
);
writeFileSync(join(out, 'model.safetensors'), encodeSafetensors(half, { format: 'pt' }));

// Scored as it is shipped: after rounding to float16.
const test = pretrainingClasses(await readImageFolder(join(data, 'test')));
const predictor = await Predictor.create(await readCheckpoint(out));
const tally = classification.tally(labels.length);
for (const { path, label } of test.items) {
  tally.add(await predictor.logits([await readImage(path)]), [label]);
}
const { score, n } = tally.outcome();
console.log(`accuracy ${(100 * score).toFixed(2)} % on ${n} pictures`);

function pretrainingClasses({ classes, items }: ImageDataset): ImageDataset {
  const kept = classes.filter((_, i) => !isHeldBack(i));
  const place = new Map(kept.map((name, i) => [name, i]));
  return {
    classes: kept,
    items: items.flatMap((item) => {
      const label = place.get(classes[item.label]);
      return label === undefined ? [] : [{ ...item, label }];
    }),
  };
}

/** A batch is a function of the step's number, so that an interrupted training can go on. */
function makeBatch(step: number, side: number): Record<string, Tensor> {
  const epoch = Math.floor(step / stepsPerEpoch);
  if (order.epoch !== epoch) {
    order = { epoch, images: counterRandom(1, epoch).permutation(pictures.length) };
  }
  const area = 3 * side * side;
  const images = new Float32Array(batch * area);
  const targets = new Float32Array(batch * labels.length);
  for (let k = 0; k < batch; k++) {
    const i = order.images[(step % stepsPerEpoch) * batch + k];
    const random = counterRandom(2, step, k);
    const box = drawCrop(pictures[i].width, pictures[i].height, crops, random);
    const crop = resizedCrop(pictures[i], box, 'bilinear', { width: side, height: side });
    const move = drawMove(side, side, { shift: 0, flip: true }, random);
    const data = moved(crop.data, side, side, move);
    prepare.normalise({ width: side, height: side, data }, images.subarray(k * area));
    const row = targets.subarray(k * labels.length, (k + 1) * labels.length);
    classification.encode(set.items[i].label, labels.length, row, 0.1);
  }
  const mix = drawMix(mixing, side, side, counterRandom(3, step));
  const mixable = { pictures: images, targets, spatial: false, width: side, height: side };
  if (mix) mixBatch(mixable, partners, mix);
  return {
    x: tensor('float32', [batch, 3, side, side], images),
    target: tensor('float32', [batch, labels.length], targets),
  };
}
