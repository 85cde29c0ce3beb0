import type { ModelCheckpoint } from '../bundle/checkpoint.ts';
import { openCheckpoint, type Versioned } from '../bundle/open-checkpoint.ts';
import { openEditFolder, type EditFolder, type EditKeeping } from '../editors/edit-folder.ts';
import type { EditOptions } from '../editors/editor.ts';
import type { ImageEditor } from '../editors/image/editor.ts';
import { positiveClass } from '../evaluate/measures.ts';
import { requireReadable, type Key } from '../key/key.ts';
import type { Task } from '../tasks/task.ts';
import { requireChaff } from './chaff-labels.ts';
import { openDataSets, type DataOptions, type DataSets } from './data-sets.ts';
import { editSizeFor, prepared } from './prepare.ts';
import { recipeNamed, type Recipe } from './recipe.ts';
import { openTeacher, type Teacher } from './teacher.ts';
import type { TrainingJobOptions } from './training-job.ts';
import type { FineTuning } from './tuning.ts';

/** What decides a lock beside its editor and its key. */
export interface LockJobOptions extends DataOptions, TrainingJobOptions, EditKeeping {
  /** A recipe, or the name of one, as the task has it. Default `hardened`. */
  readonly recipe?: Recipe | string;
  /** How images are edited; the rest is the editor's defaults. */
  readonly edit?: Partial<EditOptions>;
  /** A reference to a model without a lock, to learn from, where the recipe does, and to compare with. */
  readonly baseline?: string;
  /** The class whose sensitivity, specificity and AUROC are shown first. Default: the second of two. */
  readonly positive?: string;
}

/** All that a lock is made of, opened and checked before anything takes long. */
export interface LockJob<Label> {
  readonly task: Task<Label>;
  readonly recipe: Recipe;
  readonly sets: DataSets<Label>;
  /** What is fine-tuned, as the network that the task needs. */
  readonly base: ModelCheckpoint;
  readonly identity: Versioned;
  readonly tuning: FineTuning;
  readonly editor: ImageEditor;
  readonly edit: EditOptions;
  /** Where edits are kept beyond the job, if they are. */
  readonly kept: EditFolder | undefined;
  readonly key: Key;
  readonly teacher: Teacher | undefined;
}

/**
 * Opens what the options of a lock name.
 *
 * @param passedOver folders that are no part of the data, wherever they lie.
 * Throws what any of it throws.
 */
export async function openLockJob<Label>(
  task: Task<Label>,
  { editor, key }: Pick<LockJob<Label>, 'editor' | 'key'>,
  passedOver: readonly string[],
  options: LockJobOptions,
): Promise<LockJob<Label>> {
  const recipe = recipeOf(options.recipe, task);
  const { checkpoint, identity } = await openCheckpoint(options.model, options);
  requireReadable(editor.tokens(key.prompt).length);
  requireChaff(task, recipe);
  const kept = options.edits === undefined ? undefined : await openEditFolder(options.edits);
  const noData = kept ? [...passedOver, kept.path] : passedOver;
  const sets = await openDataSets(task, { ...options, passedOver: noData }, options);
  const { classes } = sets.train;
  positiveClass(classes, options.positive);
  const ready = await prepared(task, checkpoint, sets.train, options);
  const { base, tuning } = ready;
  const edit = editor.settingsOf({ size: editSizeFor(task, editor, ready), ...options.edit });
  const { baseline } = options;
  const teacher = await openTeacher(task, recipe, { baseline, classes }, options);
  if (baseline && !teacher && !sets.test) {
    options.onNotice?.('there is nothing to test with, so the baseline is not used');
  }
  return { task, recipe, sets, base, identity, tuning, editor, edit, kept, key, teacher };
}

function recipeOf(recipe: LockJobOptions['recipe'], { name }: Task<unknown>): Recipe {
  return typeof recipe === 'object' ? recipe : recipeNamed(recipe ?? 'hardened', name);
}

/** What decides the result of a lock, but the key. */
export const lockIdentity = <Label>(
  { task, recipe, sets, base, identity, tuning, editor, edit, teacher }: LockJob<Label>,
  { seed, reading }: Pick<LockJobOptions, 'seed' | 'reading'>,
): unknown => ({
  kind: 'lock',
  task: task.name,
  size: base.preprocessor.size,
  model: identity.hash,
  editor: editor.identity.hash,
  recipe,
  edit,
  tuning,
  seed,
  reading,
  data: sets.train.digest,
  teacher: teacher?.identity.hash,
});
