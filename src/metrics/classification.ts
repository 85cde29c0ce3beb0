import { ModelLockError } from '../base/error.ts';
import {
  hitCounts,
  requireSameLength,
  type ClassCounts,
  type ConfusionMatrix,
} from './confusion.ts';

/** The share of guesses that are right, in [0, 1]. Throws `data` when there are none. */
export function accuracy(truth: ArrayLike<number>, guess: ArrayLike<number>): number {
  requireSameLength(truth, guess);
  requireSome(truth.length);
  let hits = 0;
  for (let i = 0; i < truth.length; i++) if (truth[i] === guess[i]) hits += 1;
  return hits / truth.length;
}

/** The share of samples on the diagonal; of pixels, for segmentation: pixel accuracy. */
export function accuracyOf(matrix: ConfusionMatrix): number {
  const total = sum(matrix.counts);
  requireSome(total);
  return sum(hitCounts(matrix)) / total;
}

/** The share of each class's samples that were guessed rightly; null for a class without any. */
export function recalls({ hits, truths }: ClassCounts): (number | null)[] {
  return Array.from(hits, (hit, c) => (truths[c] > 0 ? hit / truths[c] : null));
}

/** The mean of the recalls over the classes that occur in the truth. */
export function balancedAccuracy(counts: ClassCounts): number {
  return meanOfKnown(recalls(counts));
}

/** 2 TP / (2 TP + FP + FN) of each class; null for a class in neither truth nor guesses. */
export function f1Scores({ hits, truths, guesses }: ClassCounts): (number | null)[] {
  return Array.from(hits, (hit, c) => {
    const total = truths[c] + guesses[c];
    return total > 0 ? (2 * hit) / total : null;
  });
}

/** The mean of the F1 scores over the classes that occur in truth or guesses. */
export function macroF1(counts: ClassCounts): number {
  return meanOfKnown(f1Scores(counts));
}

/** The mean of the values that are not null. Throws `data` when all are. */
export function meanOfKnown(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  requireSome(known.length);
  return sum(known) / known.length;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function requireSome(count: number): void {
  if (count === 0) throw new ModelLockError('data', 'there is nothing to score');
}
