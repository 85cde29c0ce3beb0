import { counterRandom } from '../base/random/counter.ts';
import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { version } from '../base/version.ts';
import {
  openClassifier,
  readClassifier,
  withWeights,
  type ClassifierCheckpoint,
} from '../bundle/checkpoint.ts';
import type { Manifest } from '../bundle/manifest.ts';
import { Predictor } from '../bundle/predictor.ts';
import { writeBundle } from '../bundle/write.ts';
import type { ImageDataset } from '../data/image-folder.ts';
import { CachedEditor, type SharedEdits } from '../editors/cached-editor.ts';
import type { EditOptions } from '../editors/editor.ts';
import type { InstructPix2PixEditor } from '../editors/instruct-pix2pix/editor.ts';
import { openEditor } from '../editors/open.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { evaluate, type Unlocking } from '../evaluate/evaluate.ts';
import { trainingDecoys } from '../key/decoys/decoys.ts';
import { checkedKey, requireReadable, type Key } from '../key/key.ts';
import { join, makeFolder } from '../platform/files.ts';
import { readImage } from '../platform/images.ts';
import { chaffClasses, coarseColours } from './chaff.ts';
import { openDataSets, type DataOptions } from './data-sets.ts';
import { defaultTuning, fineTune, type FineTuning } from './fine-tune.ts';
import { lockedRows } from './locked-rows.ts';
import { recipeNamed, recipes, type Recipe } from './recipe.ts';
import { editTrainingImages } from './training-images.ts';
import { WorkFolder } from './work-folder.ts';

export interface LockOptions extends DataOptions, JobOptions {
  /** A reference to the pretrained classifier. */
  readonly model: string;
  /** A reference to the editor. */
  readonly editor: string;
  readonly key: Key;
  /** Folder of the new bundle. */
  readonly out: string;
  /** A recipe, or the name of one. Default `hardened`. */
  readonly recipe?: Recipe | string;
  /** How images are edited; the rest is the editor's defaults. */
  readonly edit?: Partial<EditOptions>;
  readonly tuning?: Partial<FineTuning>;
  /** Folder of a bundle without a lock, to compare with. */
  readonly baseline?: string;
  /** Most test images that a decoy is scored on. */
  readonly decoyImages?: number;
  /**
   * Keeps edited images, the evaluation's too, in this folder instead of the work folder, for other
   * locks of the same pictures. It is as private as the key; it stays when the job is done.
   */
  readonly sharedEdits?: SharedEdits;
  /** Keeps the work folder, edited images included, when the job is done. */
  readonly keepWork?: boolean;
  readonly threads?: number;
}

export interface LockResult {
  readonly bundle: string;
  /** Pictures trained on. */
  readonly images: number;
  /** Pictures that could not be read. */
  readonly skipped: readonly string[];
  /** Decoys that edit like the key and could not be taught. */
  readonly aliases: number;
  /** What was measured on the test set; null without one. */
  readonly evaluation: EvaluationDocument | null;
}

/** Locks a classifier with a key: the paper from beginning to end. */
export async function lock(options: LockOptions): Promise<LockResult> {
  const key = checkedKey(options.key);
  const recipe = recipeOf(options.recipe);
  const { checkpoint: base, identity } = await openClassifier(options.model);
  const editor = await openEditor(options.editor, { threads: options.threads });
  requireReadable(editor.tokens(key.prompt).length);
  const edit: EditOptions = { ...editor.defaults, ...options.edit };
  const tuning = { ...defaultTuning, ...options.tuning };
  const { train: set, test, skipped } = await openDataSets(options, options);
  const job = {
    kind: 'lock',
    model: identity.hash,
    editor: editor.identity.hash,
    recipe,
    edit,
    tuning,
    seed: options.seed,
    files: set.items.map((item) => item.path),
  };
  const work = await WorkFolder.open(options.out, job, key);
  let finished = false;
  try {
    const same = sameKey(editor);
    const { sharedEdits } = options;
    if (sharedEdits) await makeFolder(sharedEdits.folder, 0o700);
    const images = await editTrainingImages({
      ...options,
      items: set.items,
      editor,
      edit,
      key,
      decoys: recipe.decoys > 0 ? trainingDecoys(key.prompt, same, options.seed) : [],
      preprocessor: base.preprocessor,
      cache: sharedEdits ?? { folder: join(work.path, 'edits'), salt: work.salt },
    });
    const tuned = await fineTune({
      base,
      labels: set.classes,
      rows: lockedRows({
        recipe,
        images,
        classes: set.classes.length,
        alpha: edit.alpha,
        labelSmoothing: tuning.labelSmoothing,
        seed: options.seed,
        chaff: usesChaff(recipe) ? await chaffOf(set, base, options.seed) : undefined,
      }),
      tuning,
      seed: options.seed,
      checkpoints: work.checkpoints('training'),
      threads: options.threads,
      signal: options.signal,
      onProgress: options.onProgress,
    });
    const cached = sharedEdits ? new CachedEditor(editor, sharedEdits) : editor;
    const unlocking = { editor: cached, options: edit, key, same };
    const evaluation = test
      ? await evaluateLock(options, withWeights(base, tuned), test, unlocking)
      : null;
    const manifest: Manifest = {
      format: 1,
      modellock: version,
      task: 'classification',
      labels: [...set.classes],
      base: identity,
      lock: {
        editor: { ...editor.identity, reference: options.editor },
        kind: 'style',
        edit: editParametersOf(edit),
        secret: key.secret !== undefined,
        recipe: { ...recipe },
      },
      training: { seed: options.seed, images: set.items.length, epochs: tuning.epochs },
      measured: evaluation && {
        metric: evaluation.metric,
        n: evaluation.n,
        chance: evaluation.chance,
        lp: evaluation.lp,
        up: evaluation.up,
        baseline: evaluation.baseline,
      },
    };
    await writeBundle(options.out, {
      ...tuned,
      preprocessorJson: base.preprocessorJson,
      size: base.preprocessor.size,
      manifest,
    });
    finished = true;
    return {
      bundle: options.out,
      images: set.items.length,
      skipped,
      aliases: images.aliases,
      evaluation,
    };
  } finally {
    await editor.dispose();
    await work.close({ remove: finished && !options.keepWork });
  }
}

function recipeOf(recipe: LockOptions['recipe']): Recipe {
  return typeof recipe === 'string' ? recipeNamed(recipe) : (recipe ?? recipes.hardened);
}

const usesChaff = ({ cleanTarget, decoyTarget }: Recipe): boolean =>
  cleanTarget === 'chaff' || decoyTarget === 'chaff';

/** Prompts with the same tokens are one key, however they are written. */
export function sameKey(editor: InstructPix2PixEditor): (a: string, b: string) => boolean {
  return (a, b) => editor.tokens(a).join() === editor.tokens(b).join();
}

/** What a manifest keeps of the options of an edit. */
export function editParametersOf({
  steps,
  guidance,
  imageGuidance,
  size,
  alpha,
  seed,
}: EditOptions): NonNullable<Manifest['lock']>['edit'] {
  return { steps, guidance, imageGuidance, size, alpha, seed };
}

const place = { chaff: 61 } as const;

async function chaffOf(
  set: ImageDataset,
  base: ClassifierCheckpoint,
  seed: number,
): Promise<number[]> {
  const colours: Float32Array[] = [];
  for (const { path } of set.items) {
    colours.push(coarseColours(base.preprocessor.toPixels(await readImage(path))));
  }
  const labels = set.items.map((item) => item.label);
  return chaffClasses(colours, labels, set.classes.length, counterRandom(seed, place.chaff));
}

async function evaluateLock(
  options: LockOptions,
  checkpoint: ClassifierCheckpoint,
  dataset: ImageDataset,
  unlocking: Unlocking,
): Promise<EvaluationDocument> {
  const model = await Predictor.create(checkpoint);
  const baseline = options.baseline ? await openBaseline(options.baseline, model) : undefined;
  const { seed, decoyImages, signal, onProgress } = options;
  const document = await evaluate({
    model,
    baseline,
    dataset,
    unlocking,
    seed,
    decoyImages,
    signal,
    onProgress,
  });
  await model.dispose();
  await baseline?.dispose();
  return document;
}

/** A model without a lock for the same classes. Throws `usage` for other ones. */
export async function openBaseline(folder: string, model: Predictor): Promise<Predictor> {
  const baseline = await Predictor.create(await readClassifier(folder));
  if (baseline.labels.join('\n') !== model.labels.join('\n')) {
    await baseline.dispose();
    throw new ModelLockError('usage', `the baseline ${folder} has other classes than the model`);
  }
  return baseline;
}
