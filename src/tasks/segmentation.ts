import { add, div, mul, sub } from '../graph/ops/binary/ops.ts';
import { exp, neg } from '../graph/ops/elementwise/ops.ts';
import { reshape } from '../graph/ops/movement/shape-ops.ts';
import { reduceSum } from '../graph/ops/reduction/ops.ts';
import { resize } from '../graph/ops/resize/ops.ts';
import { logSoftmax } from '../graph/ops/softmax/ops.ts';
import { shapeOf, type Value } from '../graph/value.ts';
import { readSegmented, requireSameSize } from '../data/reading/segmented.ts';
import { variedMap } from '../data/augment/augmentation.ts';
import { ignoreIndex, type LabelMap } from '../tensor/label-map.ts';
import { otherClass } from './classification.ts';
import { labelMapOf, mapsOf } from './maps.ts';
import { SegmentationTally } from './segmentation-tally.ts';
import type { Task } from './task.ts';

/**
 * A class for every pixel. Targets are distributions over the classes at every pixel, [C, H, W],
 * and zeros where a pixel is to be ignored.
 */
export const segmentation: Task<LabelMap> = {
  name: 'segmentation',
  metric: 'miou',
  network: 'segmenter',
  read: readSegmented,
  needsEveryClass: false,
  requireFit: requireSameSize,
  spatial: true,
  identity: ({ data }) => data,
  bytesOf: ({ data }) => data.byteLength,
  fit: (label, preprocessor) => preprocessor.toMap(label),
  move: variedMap,
  loss: (logits, target, taught) => {
    const [, , height, width] = shapeOf(target);
    const whole = resize(logits, { size: [height, width], mode: 'linear' }); // [B, C, H, W]
    const logProbabilities = logSoftmax(whole, 1);
    return add(
      pixelCrossEntropy(logProbabilities, target),
      diceLoss(exp(logProbabilities), target, taught),
    );
  },
  targetShape: (classes, { height, width }) => [classes, height, width],
  encode: ({ data }, classes, into, smoothing) => {
    const area = data.length;
    into.fill(0);
    data.forEach((label, i) => {
      if (label === ignoreIndex) return;
      for (let c = 0; c < classes; c++) into[c * area + i] = smoothing / classes;
      into[label * area + i] += 1 - smoothing;
    });
  },
  count: ({ data }, counts) => {
    const own = new Float64Array(counts.length);
    let labelled = 0;
    for (const label of data) {
      if (label === ignoreIndex) continue;
      own[label] += 1;
      labelled += 1;
    }
    if (labelled > 0) own.forEach((count, c) => (counts[c] += count / labelled));
  },
  ignored: ({ data }) =>
    data.reduce((count, label) => count + Number(label === ignoreIndex), 0) / data.length,
  silence: (frequencies, into) => {
    const area = into.length / frequencies.length;
    frequencies.forEach((share, c) => into.fill(share, c * area, (c + 1) * area));
  },
  // Each class becomes another one wherever it is: the shapes stay, and every answer is wrong.
  wrong: ({ width, height, data }, classes, draw) => {
    const instead = Array.from({ length: classes }, (_, label) => otherClass(label, classes, draw));
    return {
      width,
      height,
      data: data.map((label) => (label === ignoreIndex ? label : instead[label])),
    };
  },
  answers: (logits, sizes) =>
    mapsOf(logits).map((maps, i) => {
      const map = labelMapOf(maps, sizes[i]);
      const counts = new Float64Array(maps.classes);
      for (const label of map.data) counts[label] += 1 / map.data.length;
      return { shares: counts, map };
    }),
  tally: (classes) => new SegmentationTally(classes),
};

/** Cross-entropy against distributions, the mean over all pixels; ignored ones add nothing to it. */
function pixelCrossEntropy(logProbabilities: Value, target: Value): Value {
  const [batch, , height, width] = shapeOf(target);
  const losses = neg(reduceSum(mul(target, logProbabilities)));
  return mul(losses, 1 / (batch * height * width));
}

/** Keeps the loss of classes that are nowhere finite. */
const smooth = 1;

/**
 * Soft Dice loss (arXiv 1606.04797): one minus the mean over the classes in the batch of
 * 2 |p t| / (|p| + |t|). Small classes weigh as much as large ones, as they do in mIoU. Only of rows
 * that are taught their true labels.
 */
function diceLoss(probabilities: Value, target: Value, taught: Value): Value {
  const [batch] = shapeOf(target);
  const rows = reshape(taught, [batch, 1, 1, 1]);
  const truth = mul(target, rows); // [B, C, H, W]
  const labelled = reduceSum(truth, { axes: [1], keepdims: true }); // [B, 1, H, W]
  const guess = mul(probabilities, labelled);
  const axes = [0, 2, 3];
  const [overlap, guesses, truths] = [mul(guess, truth), guess, truth].map((x) =>
    reduceSum(x, { axes }),
  ); // [C]
  const dice = div(add(mul(overlap, 2), smooth), add(add(guesses, truths), smooth));
  const present = div(truths, add(truths, smooth)); // [C], nearly 1 where the class is there
  return div(reduceSum(mul(present, sub(1, dice))), add(reduceSum(present), 1e-3));
}
