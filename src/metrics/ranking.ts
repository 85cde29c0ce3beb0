import { ModelLockError } from '../base/error.ts';
import { requireSameLength } from './confusion.ts';

/**
 * Area under the receiver operating characteristic: the probability that a positive sample scores
 * higher than a negative one, ties counting half (Mann and Whitney's U).
 *
 * @param labels 1 (positive) or 0. Throws `data` unless both occur.
 */
export function auroc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  const { steps, positives, negatives } = thresholds(labels, scores);
  if (positives === 0 || negatives === 0) {
    throw new ModelLockError('data', 'AUROC needs positive and negative samples');
  }
  let area = 0;
  let above = 0;
  for (const step of steps) {
    area += step.negatives * (above + step.positives / 2);
    above += step.positives;
  }
  return area / (positives * negatives);
}

/**
 * Average precision: the sum over the thresholds of precision times the gain in recall, without
 * interpolation. Equal scores share a threshold.
 *
 * @param labels 1 (positive) or 0. Throws `data` without a positive sample.
 */
export function averagePrecision(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  const { steps, positives } = thresholds(labels, scores);
  if (positives === 0) {
    throw new ModelLockError('data', 'average precision needs positive samples');
  }
  let precision = 0;
  let hits = 0;
  let taken = 0;
  for (const step of steps) {
    hits += step.positives;
    taken += step.positives + step.negatives;
    precision += (step.positives / positives) * (hits / taken);
  }
  return precision;
}

interface Thresholds {
  /** The samples that each distinct score adds, highest score first. */
  readonly steps: readonly { positives: number; negatives: number }[];
  readonly positives: number;
  readonly negatives: number;
}

function thresholds(labels: ArrayLike<number>, scores: ArrayLike<number>): Thresholds {
  requireSameLength(labels, scores);
  const order = Array.from(scores, (score, i) => ({ score, positive: labels[i] === 1 }));
  if (order.some(({ score }) => Number.isNaN(score))) {
    throw new ModelLockError('data', 'a score is not a number');
  }
  order.sort((a, b) => b.score - a.score);
  const steps: { positives: number; negatives: number }[] = [];
  order.forEach(({ score, positive }, i) => {
    if (i === 0 || score !== order[i - 1].score) steps.push({ positives: 0, negatives: 0 });
    steps[steps.length - 1][positive ? 'positives' : 'negatives'] += 1;
  });
  const positives = order.filter(({ positive }) => positive).length;
  return { steps, positives, negatives: order.length - positives };
}

/**
 * The mean over the classes of the AUROC of each against all others; null where fewer than two
 * occur.
 *
 * @param truths the true classes, [N].
 * @param probabilities row-major [N, classes].
 */
export function macroAuroc(
  truths: readonly number[],
  probabilities: ArrayLike<number>,
  classes: number,
): number | null {
  const areas: number[] = [];
  for (let c = 0; c < classes; c++) {
    const labels = truths.map((truth) => Number(truth === c));
    const positives = labels.reduce((sum, label) => sum + label, 0);
    if (positives === 0 || positives === labels.length) continue;
    areas.push(
      auroc(
        labels,
        truths.map((_, i) => probabilities[i * classes + c]),
      ),
    );
  }
  return areas.length === 0 ? null : areas.reduce((sum, area) => sum + area, 0) / areas.length;
}
