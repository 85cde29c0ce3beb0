import { neg } from '../graph/ops/elementwise/ops.ts';
import { mul } from '../graph/ops/binary/ops.ts';
import { reduceMean, reduceSum } from '../graph/ops/reduction/ops.ts';
import { logSoftmax } from '../graph/ops/softmax/ops.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Task } from './task.ts';

/** One class for each image. Targets are distributions over the classes, [C]. */
export const classification: Task<number> = {
  name: 'classification',
  metric: 'accuracy',
  // Cross-entropy against distributions: mean over the batch of -sum p log q.
  loss: (logits, target) =>
    reduceMean(neg(reduceSum(mul(target, logSoftmax(logits)), { axes: [-1] }))),
  targetShape: (classes) => [classes],
  encode: (label, _classes, into) => {
    into.fill(0);
    into[label] = 1;
  },
  silence: (frequencies, into) => into.set(frequencies),
  wrong: (label, classes, draw) => (label + 1 + Math.floor(draw() * (classes - 1))) % classes,
  read: argMaxRows,
  score: (predicted, truth) =>
    truth.filter((label, i) => label === predicted[i]).length / truth.length,
  chance: (truth, classes) => {
    const counts = new Array<number>(classes).fill(0);
    for (const label of truth) counts[label] += 1;
    return Math.max(...counts) / truth.length;
  },
};

/** The column of the first largest element of each row of [B, C]. */
export function argMaxRows(logits: Tensor<'float32'>): number[] {
  const [rows, columns] = logits.shape;
  return Array.from({ length: rows }, (_, row) => {
    const values = logits.data.subarray(row * columns, (row + 1) * columns);
    return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
  });
}
