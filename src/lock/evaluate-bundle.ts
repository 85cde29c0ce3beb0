import { requireArguments } from '../base/arguments.ts';
import { owning, type Own } from '../base/dispose.ts';
import type { Manifest } from '../bundle/manifest.ts';
import type { OpenModelOptions } from '../bundle/model-options.ts';
import { isTextClassifier, resolveCheckpoint } from '../bundle/open-checkpoint.ts';
import { requireNoModelOptions } from '../bundle/open-text-classifier.ts';
import { Predictor } from '../bundle/predictor.ts';
import { matchingOf } from '../data/class-places.ts';
import type { ReadingOptions } from '../data/reading/read-dataset.ts';
import type { Dataset } from '../data/sample.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { evaluate, type Unlocking } from '../evaluate/evaluate.ts';
import { positiveClass } from '../evaluate/measures.ts';
import { counted, outcomeOf, untouched } from '../evaluate/score.ts';
import type { Key } from '../key/key.ts';
import { taskNamed } from '../tasks/registry.ts';
import type { Task } from '../tasks/task.ts';
import { openBaseline } from './baseline.ts';
import { provisosOf } from './data-sets.ts';
import { openFound, openUnlocking, type OpenedModel, type UnlockOptions } from './bundle-lock.ts';
import { requireKeyForEdits, requireNoLockOptions } from './lock-options.ts';
import { pairingNotice, plainScoreOf, type PlainScore } from './plain-score.ts';
import { openTestSet } from './test-set.ts';
import { evaluateTexts } from './texts/evaluate-texts.ts';

export interface EvaluateBundleOptions extends OpenModelOptions, UnlockOptions {
  /** A bundle or any classifier. */
  readonly model: string;
  /** Labelled pictures, or a table of texts: the test or validation side of a set, or all of one that is not split. */
  readonly data: string;
  /** What the files do not say. */
  readonly reading?: ReadingOptions;
  /** Tests with this share of a set that is not split: what `train` holds back with the same seed. */
  readonly testShare?: number;
  readonly key?: Key;
  readonly editor?: string;
  /** A bundle without a lock. */
  readonly baseline?: string;
  readonly limit?: number;
  readonly decoyImages?: number;
  /** The class whose sensitivity, specificity and AUROC are shown first. Default: the second of two. */
  readonly positive?: string;
  readonly seed: number;
  /** Leaves out pictures that cannot be read, instead of stopping at the first. */
  readonly skipBad?: boolean;
}

/** Measures a bundle; a model without a lock gets its plain score. */
export async function evaluateBundle(
  options: EvaluateBundleOptions,
): Promise<EvaluationDocument | PlainScore> {
  requireArguments(
    'evaluateBundle',
    options,
    { model: 'text', data: 'text', seed: 'whole number' },
    { key: 'key', editor: 'text', edits: 'text', baseline: 'text' },
  );
  const found = await resolveCheckpoint(options.model, options);
  if (await isTextClassifier(found)) {
    requireNoModelOptions(options.model, options.modelOptions);
    requireNoLockOptions(options.model, options);
    return evaluateTexts({ ...options, columns: options.reading?.table?.columns });
  }
  const opened = await openFound(found, options);
  return evaluateOpened(taskNamed(opened.task), opened, options);
}

async function evaluateOpened<Label>(
  task: Task<Label>,
  { checkpoint, manifest }: OpenedModel,
  options: EvaluateBundleOptions,
): Promise<EvaluationDocument | PlainScore> {
  if (manifest?.lock) requireKeyForEdits(options, ['--key', '--key-file']);
  else requireNoLockOptions(options.model, options);
  return owning(async (own) => {
    const model = own(await Predictor.create(checkpoint));
    // Before the data is read: a wrong key or baseline is refused at once.
    const locked = manifest?.lock && (await openComparison(manifest, model.labels, options, own));
    const viewing = { ...manifest?.viewing, ...options.reading?.viewing };
    const reading = { ...options.reading, viewing };
    const passedOver = options.edits === undefined ? [] : [options.edits];
    const wanted = { ...options, reading, passedOver, classes: model.labels };
    const opened = await openTestSet(task, wanted, options);
    const { samples, ownClasses } = opened;
    const dataset = { samples };
    const matched = matchingOf(ownClasses, model.labels);
    if (matched === 'order') options.onNotice?.(pairingNotice(ownClasses, model.labels));
    const provisos = provisosOf(opened, options);
    return locked
      ? { ...(await evaluate({ ...options, task, model, dataset, ...locked })), ...provisos }
      : { ...(await plainScore(task, model, dataset, options)), matched, ...provisos };
  });
}

interface Comparison {
  readonly unlocking: Unlocking | undefined;
  readonly baseline: Predictor | undefined;
}

/** What a locked model is compared with: the same under its key, and one without a lock. */
async function openComparison(
  manifest: Manifest,
  labels: readonly string[],
  options: EvaluateBundleOptions,
  own: Own,
): Promise<Comparison> {
  const { key, editor, baseline } = options;
  const unlocking = key ? await openUnlocking(manifest, key, editor, options) : undefined;
  if (unlocking) own(unlocking.editor);
  return {
    unlocking,
    baseline: baseline ? own((await openBaseline(baseline, labels, options)).model) : undefined,
  };
}

async function plainScore<Label>(
  task: Task<Label>,
  model: Predictor,
  { samples }: Pick<Dataset<Label>, 'samples'>,
  options: EvaluateBundleOptions,
): Promise<Omit<PlainScore, 'matched'>> {
  // Before the long part: a class that is named wrongly is refused.
  positiveClass(model.labels, options.positive);
  const job = counted(options, samples.length);
  const outcome = await outcomeOf(task, model, samples, untouched, job);
  return plainScoreOf(task, model.labels, outcome, options);
}
