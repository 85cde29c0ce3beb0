import { ModelLockError } from '../../base/error.ts';
import { input } from '../../graph/value.ts';
import type { TextClassifier } from '../../nn/models/text-registry.ts';
import { Scope } from '../../nn/scope.ts';
import { textTask } from '../../tasks/task.ts';
import { frozenBy } from '../../train/freeze.ts';
import { requireTuning } from '../parameter-options.ts';
import { defaultTunings, type FineTuning } from '../tuning.ts';

/** What varies pictures, or what is built of networks for pictures alone. */
const ofPictures = ['randAugment', 'crop', 'erase', 'mix', 'dropPath'] as const;

/**
 * How a text classifier is tuned.
 *
 * @param changes what differs from the default.
 * Throws `usage` for what cannot be done to it, before anything long has begun.
 */
export function textTuning(
  classifier: TextClassifier,
  changes: Partial<FineTuning> = {},
): FineTuning {
  const tuning: FineTuning = { ...defaultTunings[textTask], ...changes };
  requireTuning(tuning);
  const unfit = ofPictures.find((name) => tuning[name] !== undefined);
  if (unfit !== undefined || tuning.shift !== 0) {
    throw new ModelLockError(
      'usage',
      `tuning option ${unfit ?? 'shift'} is for pictures, not for texts`,
    );
  }
  frozenTextParameters(classifier, tuning);
  return tuning;
}

/** Which parameters of a classifier a tuning leaves as they are. Throws `usage`, see `frozenBy`. */
export function frozenTextParameters(
  classifier: TextClassifier,
  { freeze }: Pick<FineTuning, 'freeze'>,
): (name: string) => boolean {
  if (freeze === undefined) return () => false;
  const scope = Scope.root();
  classifier.build(scope, { ids: input('input_ids', 'int64', [1, 1]) });
  const names = [...scope.declared.parameters.keys()];
  return frozenBy(freeze, { names, isHead: classifier.isHead });
}
