import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import type { Task } from '../tasks/task.ts';
import type { TrainingSet } from './training-set.ts';

/** Most names of classes in a notice. */
const named = 10;

/**
 * Says which classes no training picture has. Throws `data` where the task cannot do without one of them,
 * and where masks show fewer than two classes.
 */
export function requireTaught<Label>(
  task: Task<Label>,
  set: TrainingSet<Label>,
  data: string,
  { onNotice }: JobOptions,
): void {
  const { classes, samples, frequencies } = set;
  const missing = classes.filter((_, label) => !(frequencies[label] > 0));
  if (samples.length === 0 || (task.needsEveryClass && missing.length > 0)) {
    throw new ModelLockError(
      'data',
      `no picture of ${samples.length === 0 ? 'any class' : `class "${missing[0]}"`} in ${data} can be read`,
    );
  }
  if (task.ignored && missing.length > classes.length - 2) {
    throw tooFewShown(set, missing, data);
  }
  if (missing.length > 0) {
    const names = missing.slice(0, named).join(', ') + (missing.length > named ? ', ...' : '');
    onNotice?.(
      `${missing.length} of ${classes.length} classes are in no training picture: ${names}`,
    );
  }
}

function tooFewShown(
  { classes, samples, ignored }: TrainingSet<unknown>,
  missing: readonly string[],
  data: string,
): ModelLockError {
  const shown = classes.find((name) => !missing.includes(name));
  const what = shown === undefined ? 'no class' : `one class only, "${shown}"`;
  const share =
    ignored === 0 ? '' : `, and ${(100 * ignored).toFixed(1)} % of their pixels are ignored`;
  // Masks of 0 and 255 are common, and mean something else to most people than to this program.
  const advice =
    ignored > 0 && samples.some(({ ignoresWhite }) => ignoresWhite)
      ? `, as 255 always is without a palette; a file palette.txt with a line for each colour, such as "255 255 255 ${missing[0]}", makes a class of it`
      : '';
  return new ModelLockError('data', `the training masks in ${data} show ${what}${share}${advice}`, {
    valid: ['two classes or more'],
  });
}
