import { readClassified } from '../data/reading/classified.ts';
import { crossEntropy } from '../graph/functions/losses.ts';
import { tensor } from '../tensor/tensor.ts';
import { chaffClasses } from './chaff.ts';
import { ClassificationTally } from './classification-tally.ts';
import { rowsOf, softmaxRows } from './rows.ts';
import type { Task } from './task.ts';

/** One class for each image. Targets are distributions over the classes, [C]. */
export const classification: Task<number> = {
  name: 'classification',
  metric: 'accuracy',
  network: 'classifier',
  read: readClassified,
  needsEveryClass: true,
  requireFit: () => {},
  spatial: false,
  identity: (label) => `${label}`,
  bytesOf: () => 8,
  fit: (label) => label,
  move: (label) => label,
  loss: (logits, target) => crossEntropy(logits, target),
  targetShape: (classes) => [classes],
  encode: (label, classes, into, smoothing) => {
    into.fill(smoothing / classes);
    into[label] += 1 - smoothing;
  },
  count: (label, counts) => {
    counts[label] += 1;
  },
  weightOf: (label, weights) => weights[label],
  silence: (frequencies, into) => into.set(frequencies),
  soften: ({ shape, data }, temperature) => {
    const softer = data.map((logit) => logit / temperature);
    return rowsOf(softmaxRows(tensor('float32', shape, softer)), shape[1]);
  },
  wrong: otherClass,
  chaff: chaffClasses,
  answers: (logits) => rowsOf(softmaxRows(logits), logits.shape[1]).map((shares) => ({ shares })),
  tally: (classes) => new ClassificationTally(classes),
};

/** Another class, uniformly. */
export function otherClass(label: number, classes: number, draw: () => number): number {
  return (label + 1 + Math.floor(draw() * (classes - 1))) % classes;
}
