import { ModelLockError } from '../base/error.ts';

/** How often each class was taken for each other one. */
export interface ConfusionMatrix {
  readonly classes: number;
  /** Row-major [classes, classes]: the row is the truth, the column the guess. */
  readonly counts: Float64Array;
}

export interface ConfusionOptions {
  /** Samples whose truth is this label are left out. */
  readonly ignore?: number;
}

/**
 * Counts pairs of truth and guess. Samples may be images or pixels.
 *
 * Throws `shape` when the lengths differ and `data` for a label outside 0 .. classes - 1.
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  guess: ArrayLike<number>,
  classes: number,
  { ignore }: ConfusionOptions = {},
): ConfusionMatrix {
  requireSameLength(truth, guess);
  const counts = new Float64Array(classes * classes); // [C truth, C guess]
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === ignore) continue;
    requireLabel(truth[i], classes);
    requireLabel(guess[i], classes);
    counts[truth[i] * classes + guess[i]] += 1;
  }
  return { classes, counts };
}

/** How often each class is the truth, is guessed, and is guessed rightly, [C]. */
export interface ClassCounts {
  readonly hits: Float64Array;
  readonly truths: Float64Array;
  readonly guesses: Float64Array;
}

export const classCounts = (matrix: ConfusionMatrix): ClassCounts => ({
  hits: hitCounts(matrix),
  truths: truthCounts(matrix),
  guesses: guessCounts(matrix),
});

/** The counts of samples that occur so often each, as in a draw with replacement. */
export function drawnCounts(
  truth: ArrayLike<number>,
  guess: ArrayLike<number>,
  classes: number,
  weights: ArrayLike<number>,
): ClassCounts {
  const [hits, truths, guesses] = [0, 1, 2].map(() => new Float64Array(classes));
  for (let i = 0; i < truth.length; i++) {
    truths[truth[i]] += weights[i];
    guesses[guess[i]] += weights[i];
    if (truth[i] === guess[i]) hits[truth[i]] += weights[i];
  }
  return { hits, truths, guesses };
}

/** How often each class is the truth: the sums of the rows. [C] */
export function truthCounts({ classes, counts }: ConfusionMatrix): Float64Array {
  const sums = new Float64Array(classes);
  counts.forEach((count, i) => (sums[Math.floor(i / classes)] += count));
  return sums;
}

/** How often each class is the guess: the sums of the columns. [C] */
export function guessCounts({ classes, counts }: ConfusionMatrix): Float64Array {
  const sums = new Float64Array(classes);
  counts.forEach((count, i) => (sums[i % classes] += count));
  return sums;
}

/** How often each class was guessed rightly: the diagonal. [C] */
export function hitCounts({ classes, counts }: ConfusionMatrix): Float64Array {
  return Float64Array.from({ length: classes }, (_, c) => counts[c * classes + c]);
}

export function requireSameLength(a: ArrayLike<unknown>, b: ArrayLike<unknown>): void {
  if (a.length !== b.length) {
    throw new ModelLockError('shape', `${a.length} values cannot be paired with ${b.length}`);
  }
}

function requireLabel(label: number, classes: number): void {
  if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
    throw new ModelLockError('data', `${label} is not one of the ${classes} classes`);
  }
}
