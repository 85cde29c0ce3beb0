import { readMultiLabelled, type LabelSet } from '../data/reading/multi-labelled.ts';
import { add, mul } from '../graph/ops/binary/ops.ts';
import { neg, softplus } from '../graph/ops/elementwise/ops.ts';
import { reshape } from '../graph/ops/movement/shape-ops.ts';
import { split } from '../graph/ops/movement/join-ops.ts';
import { reduceMean } from '../graph/ops/reduction/ops.ts';
import { shapeOf } from '../graph/value.ts';
import { MultiLabelTally } from './multi-label-tally.ts';
import { rowsOf } from './rows.ts';
import type { Task } from './task.ts';

/**
 * Any number of classes for each image, each of them a question of its own. Targets are the weights
 * of yes and of no, [2, C]: so a weight scales the loss as it does for other tasks.
 */
export const multiLabel: Task<LabelSet> = {
  name: 'multi-label',
  metric: 'map',
  network: 'classifier',
  read: readMultiLabelled,
  needsEveryClass: false,
  requireFit: () => {},
  spatial: false,
  identity: (labels) => labels.join(),
  bytesOf: (labels) => 8 * labels.length,
  fit: (label) => label,
  move: (label) => label,
  // Binary cross-entropy: yes log(1 + e^-x) + no log(1 + e^x), the mean over batch and classes.
  loss: (logits, target) => {
    const [batch, , classes] = shapeOf(target);
    const [yes, no] = split(target, [1, 1], 1).map((part) => reshape(part, [batch, classes]));
    return reduceMean(add(mul(yes, softplus(neg(logits))), mul(no, softplus(logits))));
  },
  targetShape: (classes) => [2, classes],
  encode: (labels, classes, into, smoothing) => {
    into.fill(smoothing / 2, 0, classes);
    into.fill(1 - smoothing / 2, classes);
    for (const label of labels) {
      into[label] += 1 - smoothing;
      into[classes + label] -= 1 - smoothing;
    }
  },
  count: (labels, counts) => labels.forEach((label) => (counts[label] += 1)),
  silence: (frequencies, into) => {
    into.set(frequencies);
    into.set(
      frequencies.map((share) => 1 - share),
      frequencies.length,
    );
  },
  // The opposite of the truth, to each question.
  wrong: (labels, classes) => {
    const right = new Set(labels);
    return Array.from({ length: classes }, (_, label) => label).filter(
      (label) => !right.has(label),
    );
  },
  answers: ({ data, shape }) =>
    rowsOf(
      data.map((logit) => 1 / (1 + Math.exp(-logit))),
      shape[1],
    ).map((shares) => ({ shares })),
  tally: (classes) => new MultiLabelTally(classes),
};
