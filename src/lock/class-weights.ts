import { ModelLockError } from '../base/error.ts';
import type { Task } from '../tasks/task.ts';
import { tasksThat } from '../tasks/registry.ts';
import type { FineTuning } from './tuning.ts';

/** A class of a few pictures would throw single steps about, if it counted for all it lacks. */
const bounds = { least: 0.1, most: 10 } as const;

/** More halvings change no bit of a number. */
const halvings = 100;

/**
 * Weights that make all classes count alike, whatever their shares: n / (C n_c), as scikit-learn has
 * them, scaled so that their mean over the pictures is 1 with each of them within bounds: no class
 * counts more than ten times, or less than a tenth of, its share. So neither learning rates nor the
 * weight of other rows beside them change their meaning.
 *
 * @param frequencies share of each class among the pictures, [C]; a class without any weighs 0.
 */
export function balancedWeights(frequencies: readonly number[]): number[] {
  const scaled = (scale: number): number[] =>
    frequencies.map((share) =>
      share === 0
        ? 0
        : Math.min(bounds.most, Math.max(bounds.least, scale / (frequencies.length * share))),
    );
  const meanOf = (weights: readonly number[]): number =>
    weights.reduce((sum, weight, c) => sum + frequencies[c] * weight, 0);
  // The mean grows with the scale: from the lower bound, below 1, to the upper one, above it.
  const even = frequencies.filter((share) => share > 0).map((share) => frequencies.length * share);
  let low = bounds.least * Math.min(...even);
  let high = bounds.most * Math.max(...even);
  for (let i = 0; i < halvings; i++) {
    const middle = Math.sqrt(low * high);
    if (meanOf(scaled(middle)) < 1) low = middle;
    else high = middle;
  }
  return scaled(high);
}

/** How much each true label counts; undefined where all count alike. */
export function labelWeights<Label>(
  task: Task<Label>,
  { classWeights }: Pick<FineTuning, 'classWeights'>,
  frequencies: readonly number[],
): ((label: Label) => number) | undefined {
  if (classWeights === undefined) return undefined;
  const weights = balancedWeights(frequencies);
  return (label) => task.weightOf!(label, weights);
}

/** Throws `usage` for weights of classes where a label is not of one class. */
export function requireWeightable<Label>(
  task: Task<Label>,
  { classWeights }: Pick<FineTuning, 'classWeights'>,
): void {
  if (classWeights === undefined || task.weightOf) return;
  throw new ModelLockError('usage', `there are no class weights for ${task.name}`, {
    valid: tasksThat((other) => other.weightOf !== undefined),
  });
}
