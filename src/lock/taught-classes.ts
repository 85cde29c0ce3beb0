import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import type { Dataset } from '../data/sample.ts';
import type { Task } from '../tasks/task.ts';

/** Most names of classes in a notice. */
const named = 10;

/**
 * The share of each class among some training pictures, [classes]. Says which classes none of them has.
 * Throws `data` where no picture is of a class that the task cannot do without, and where masks show
 * fewer than two classes.
 */
export async function taughtShares<Label>(
  task: Task<Label>,
  { classes, samples }: Dataset<Label>,
  data: string,
  { onNotice }: JobOptions,
): Promise<readonly number[]> {
  const counts = new Float64Array(classes.length);
  let ignored = 0;
  for (const sample of samples) {
    const label = await sample.label();
    task.count(label, counts);
    ignored += (task.ignored?.(label) ?? 0) / samples.length;
  }
  const missing = classes.filter((_, label) => counts[label] === 0);
  if (samples.length === 0 || (task.needsEveryClass && missing.length > 0)) {
    throw new ModelLockError(
      'data',
      `no picture of ${samples.length === 0 ? 'any class' : `class "${missing[0]}"`} in ${data} can be read`,
    );
  }
  if (task.ignored && missing.length > classes.length - 2) {
    throw tooFewShown(classes, missing, ignored, data);
  }
  if (missing.length > 0) {
    const names = missing.slice(0, named).join(', ') + (missing.length > named ? ', ...' : '');
    onNotice?.(
      `${missing.length} of ${classes.length} classes are in no training picture: ${names}`,
    );
  }
  return Array.from(counts, (count) => count / samples.length);
}

/** Masks of 0 and 255 are common, and mean something else to most people than to this program. */
function tooFewShown(
  classes: readonly string[],
  missing: readonly string[],
  ignored: number,
  data: string,
): ModelLockError {
  const shown = classes.find((name) => !missing.includes(name));
  const what = shown === undefined ? 'no class' : `one class only, "${shown}"`;
  const because =
    ignored === 0
      ? ''
      : `, and ${(100 * ignored).toFixed(1)} % of their pixels are ignored, as 255 always is without a palette; a file palette.txt with a line for each colour, such as "255 255 255 ${missing[0]}", makes a class of it`;
  return new ModelLockError('data', `the training masks in ${data} show ${what}${because}`, {
    valid: ['two classes or more'],
  });
}
