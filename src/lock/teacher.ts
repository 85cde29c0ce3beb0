import { owning } from '../base/dispose.ts';
import type { JobOptions } from '../base/job.ts';
import type { Versioned } from '../bundle/open-checkpoint.ts';
import type { Sample } from '../data/sample.ts';
import { answersOf, counted, untouched, type Answering } from '../evaluate/score.ts';
import type { Task } from '../tasks/task.ts';
import { openBaseline } from './baseline.ts';
import type { Recipe, Teaching } from './recipe.ts';

type TeachableTask = Pick<Task<unknown>, 'soften'>;

/** A baseline that a lock learns from. */
export interface Teacher {
  readonly identity: Versioned;
  /** What it says of each picture, as a target. */
  answers(samples: readonly Sample<unknown>[]): Promise<Float32Array[]>;
}

interface TeacherOptions {
  /** A reference. */
  readonly baseline: string | undefined;
  readonly classes: readonly string[];
}

const aloneNotice =
  'the lock learns from labels alone; a model without a lock to learn from as well (--baseline, see train) makes it better with the key';

/**
 * Checks the baseline of a lock, if it has one, and makes it its teacher: undefined where the recipe
 * or the task has no use for one. Throws `usage` for a baseline that is locked itself, or of other
 * classes.
 */
export async function openTeacher(
  task: TeachableTask,
  { teaching }: Recipe,
  { baseline, classes }: TeacherOptions,
  job: JobOptions,
): Promise<Teacher | undefined> {
  const canLearn = task.soften && teaching;
  if (baseline === undefined) {
    if (canLearn) job.onNotice?.(aloneNotice);
    return undefined;
  }
  const { model, identity } = await openBaseline(baseline, classes, job);
  // It is not needed before all is edited, nor while the lock is trained.
  await model.dispose();
  if (!canLearn) return undefined;
  job.onNotice?.(
    `the lock learns from the baseline: its answers to the clean pictures are ${Math.round(100 * teaching.weight)} % of what their edits are taught, and their labels the rest`,
  );
  return {
    identity,
    answers: (samples) =>
      owning(async (own) => {
        const teacher = own((await openBaseline(baseline, classes, job)).model);
        return softAnswers(task, teacher, samples, teaching, job);
      }),
  };
}

/**
 * What a teacher answers to pictures, softened: [images] of the task's target shape.
 *
 * A label says nothing of what an edit took away. What a model makes of the clean picture says
 * which classes it looks like, and how much, which its edit is to be taken for: the dark knowledge
 * of Hinton, Vinyals and Dean, arXiv 1503.02531, section 2. They soften the student's answers as
 * well; here only the targets are, so that they can be mixed with labels.
 */
export async function softAnswers(
  task: TeachableTask,
  teacher: Pick<Answering, 'logits'>,
  samples: readonly Sample<unknown>[],
  { temperature }: Pick<Teaching, 'temperature'>,
  job: JobOptions = {},
): Promise<Float32Array[]> {
  const answers: Float32Array[] = [];
  const counting = counted(job, samples.length, 'ask the baseline');
  for await (const { logits } of answersOf([teacher], samples, untouched, counting)) {
    answers.push(...task.soften!(logits[0], temperature));
  }
  return answers;
}
