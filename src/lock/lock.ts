import { requireArguments } from '../base/arguments.ts';
import { ModelLockError } from '../base/error.ts';
import { owning } from '../base/dispose.ts';
import { withWeights, type ModelCheckpoint } from '../bundle/checkpoint.ts';
import { Predictor } from '../bundle/predictor.ts';
import type { Overlap } from '../data/overlap.ts';
import { lastingViewing } from '../data/viewing.ts';
import type { Dataset } from '../data/sample.ts';
import { CachedEditor } from '../editors/cached-editor.ts';
import type { EditFolder } from '../editors/edit-folder.ts';
import type { ImageEditor } from '../editors/image/editor.ts';
import type { EditorPlace, EditorSetup } from '../editors/setup.ts';
import { openEditor } from '../editors/open.ts';
import { promptReading, type PromptReading } from '../editors/prompt-reading.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { evaluate, type Unlocking } from '../evaluate/evaluate.ts';
import { trainingDecoys } from '../key/decoys/decoys.ts';
import { checkedKey, type Key } from '../key/key.ts';
import { taskNamed } from '../tasks/registry.ts';
import type { Task } from '../tasks/task.ts';
import { openBaseline } from './baseline.ts';
import { chaffLabels } from './chaff-labels.ts';
import { labelWeights } from './class-weights.ts';
import { provisosOf } from './data-sets.ts';
import { fineTune } from './fine-tune.ts';
import { lockIdentity, openLockJob, type LockJob, type LockJobOptions } from './lock-job.ts';
import { lockMeasured, lockRecord } from './lock-record.ts';
import { lockedRows } from './locked-rows.ts';
import { usesDecoys } from './locked-set.ts';
import { publishBundle, type MadeModel } from './publish.ts';
import { editTrainingImages, type EditedImages } from './training-images.ts';
import { trainingIn } from './training-job.ts';
import { inWorkFolder, type WorkFolder, type WorkOptions } from './work-folder.ts';

/** `out` is the folder of the new bundle. */
export interface LockOptions
  extends LockJobOptions, EditorSetup, EditorPlace, WorkOptions<LockResult> {
  /** A reference to the editor. */
  readonly editor: string;
  readonly key: Key;
  /** Most test images that a decoy is scored on. */
  readonly decoyImages?: number;
}

export interface LockResult {
  readonly bundle: string;
  /** Pictures trained on. */
  readonly images: number;
  /** Pictures that could not be read. */
  readonly skipped: readonly string[];
  /** What the test set has as well; null without one. */
  readonly overlap: Overlap | null;
  /** Decoys that edit like the key and could not be taught. */
  readonly aliases: number;
  /** What was measured on the test set; null without one. */
  readonly evaluation: EvaluationDocument | null;
}

/** Locks a model with a key: the paper from beginning to end. */
export async function lock(options: LockOptions): Promise<LockResult> {
  requireArguments(
    'lock',
    options,
    { data: 'text', model: 'text', editor: 'text', key: 'key', out: 'text', seed: 'whole number' },
    { test: 'text', baseline: 'text', edits: 'text' },
  );
  const key = checkedKey(options.key);
  return inWorkFolder(options, (work) =>
    owning(async (own) => {
      const editor = own(await openEditor(options.editor, options));
      return lockIn(taskNamed(options.task), work, options, key, editor);
    }),
  );
}

async function lockIn<Label>(
  task: Task<Label>,
  work: WorkFolder,
  options: LockOptions,
  key: Key,
  editor: ImageEditor,
): Promise<LockResult> {
  const job = await openLockJob(task, { editor, key }, await work.ownFolders(), options);
  const ended = await work.claim<LockResult>(lockIdentity(job, options), key);
  if (ended) return ended;
  const { sets, base, tuning, recipe, edit, kept, identity, teacher } = job;
  const { train: set, test, overlap, skipped } = sets;
  const edits = kept ?? work.edits();
  const reading = promptReading(editor);
  const images = await editedImages(job, edits, reading, options).catch(async (error: unknown) => {
    // A key that is refused now will be refused again.
    if (error instanceof ModelLockError && error.code === 'key') await work.abandon();
    throw error;
  });
  const tuned = await fineTune({
    task,
    base,
    labels: set.classes,
    rows: lockedRows({
      task,
      recipe,
      images,
      frequencies: set.frequencies,
      classes: set.classes.length,
      alpha: edit.alpha,
      answers: await teacher?.answers(set.samples),
      labelSmoothing: tuning.labelSmoothing,
      weightOf: labelWeights(task, tuning, set.frequencies),
      seed: options.seed,
      chaff: await chaffLabels(task, recipe, set, base.preprocessor, options.seed),
    }),
    tuning,
    silences: recipe.silenceWeight > 0,
    ...trainingIn(work, options),
  });
  // What the evaluation edits is kept, too: for its other strengths, and if it is interrupted.
  const cached = new CachedEditor(editor, edits);
  const unlocking = { editor: cached, options: edit, key, ...reading };
  const evaluation = test
    ? {
        ...(await evaluateLock(task, options, withWeights(base, tuned), test, unlocking)),
        ...provisosOf(sets, options),
      }
    : null;
  const made: MadeModel = {
    task: task.name,
    checkpoint: base,
    tuned,
    labels: set.classes,
    viewing: lastingViewing(options.reading?.viewing),
    base: identity,
    lock: lockRecord(editor, { edit, recipe, key, teacher: teacher?.identity }),
    training: {
      seed: options.seed,
      images: set.samples.length,
      epochs: tuning.epochs,
      tuning: { ...tuning },
    },
    measured: evaluation && lockMeasured(evaluation),
  };
  return publishBundle(work, made, {
    bundle: options.out,
    images: set.samples.length,
    skipped,
    overlap,
    aliases: images.aliases,
    evaluation,
  });
}

/** The training images as they are, with the key, and with such decoys as the editor tells apart. */
function editedImages<Label>(
  { task, recipe, sets: { train: set }, base, editor, edit, key }: LockJob<Label>,
  edits: EditFolder,
  reading: PromptReading,
  options: LockOptions,
): Promise<EditedImages<Label>> {
  const decoys = usesDecoys(recipe) ? trainingDecoys(key.prompt, reading.same, options.seed) : [];
  return editTrainingImages({
    ...options,
    task,
    set,
    editor,
    edit,
    key,
    decoys: decoys.filter(({ prompt }) => reading.fits(prompt)),
    decoyEdits: recipe.decoyEdits,
    preprocessor: base.preprocessor,
    edits,
  });
}

async function evaluateLock<Label>(
  task: Task<Label>,
  options: LockOptions,
  checkpoint: ModelCheckpoint,
  dataset: Dataset<Label>,
  unlocking: Unlocking,
): Promise<EvaluationDocument> {
  const { seed, decoyImages, positive, signal, onProgress } = options;
  return owning(async (own) => {
    const model = own(await Predictor.create(checkpoint));
    const baseline = options.baseline
      ? own((await openBaseline(options.baseline, model.labels, options)).model)
      : undefined;
    return evaluate({
      task,
      model,
      baseline,
      dataset,
      unlocking,
      seed,
      decoyImages,
      positive,
      signal,
      onProgress,
    });
  });
}
