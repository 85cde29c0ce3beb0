import { ModelLockError } from '../base/error.ts';
import type { Task } from '../tasks/task.ts';
import { tasksThat } from '../tasks/registry.ts';
import type { FineTuning } from './tuning.ts';

/**
 * The largest factor by which a class may weigh more than its share, or less: a class of a few
 * pictures would throw single steps about.
 */
const largestFactor = 10;

/**
 * Weights that make all classes count alike, whatever their shares: n / (C n_c), as scikit-learn has
 * them, within bounds, and scaled so that their mean over the pictures is 1. So neither learning rates
 * nor the weight of other rows beside them change their meaning.
 *
 * @param frequencies share of each class among the pictures, [C]; a class without any weighs 0.
 */
export function balancedWeights(frequencies: readonly number[]): number[] {
  const bounded = frequencies.map((share) =>
    share === 0
      ? 0
      : Math.min(largestFactor, Math.max(1 / largestFactor, 1 / (frequencies.length * share))),
  );
  const mean = bounded.reduce((sum, weight, c) => sum + frequencies[c] * weight, 0);
  return bounded.map((weight) => weight / mean);
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
