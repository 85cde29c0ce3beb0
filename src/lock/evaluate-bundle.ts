import type { OpenModelOptions } from '../bundle/model-options.ts';
import { isTextClassifier, resolveCheckpoint } from '../bundle/open-checkpoint.ts';
import { requireNoModelOptions } from '../bundle/open-text-classifier.ts';
import { Predictor } from '../bundle/predictor.ts';
import { matchingOf } from '../data/class-places.ts';
import type { ReadingOptions } from '../data/reading/read-dataset.ts';
import type { Dataset } from '../data/sample.ts';
import type { EditorPlace } from '../editors/setup.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { positiveClass } from '../evaluate/measures.ts';
import { outcomeOf, untouched } from '../evaluate/score.ts';
import type { Key } from '../key/key.ts';
import { taskNamed } from '../tasks/registry.ts';
import type { Task } from '../tasks/task.ts';
import { openFound, openUnlocking, type OpenedModel } from './bundle-lock.ts';
import { openBaseline } from './lock.ts';
import { pairingNotice, plainScoreOf, type PlainScore } from './plain-score.ts';
import { openTestSet } from './test-set.ts';
import { evaluateTexts } from './texts/evaluate-texts.ts';

export interface EvaluateBundleOptions extends OpenModelOptions, EditorPlace {
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
  const found = await resolveCheckpoint(options.model, options);
  if (await isTextClassifier(found)) {
    requireNoModelOptions(options.model, options.modelOptions);
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
  const model = await Predictor.create(checkpoint);
  try {
    const viewing = { ...manifest?.viewing, ...options.reading?.viewing };
    const reading = { ...options.reading, viewing };
    const opened = await openTestSet(task, { ...options, reading, classes: model.labels }, options);
    const { samples, ownClasses, skipped, overlap } = opened;
    const dataset = { samples };
    const matched = matchingOf(ownClasses, model.labels);
    if (matched === 'order') options.onNotice?.(pairingNotice(ownClasses, model.labels));
    const left = { ...(options.skipBad ? { skipped } : {}), ...(overlap ? { overlap } : {}) };
    if (!manifest?.lock) {
      return { ...(await plainScore(task, model, dataset, options)), matched, ...left };
    }
    const unlocking =
      options.key && (await openUnlocking(manifest, options.key, options.editor, options));
    const baseline = options.baseline
      ? await openBaseline(options.baseline, model.labels, options)
      : undefined;
    try {
      const document = await evaluate({ ...options, task, model, dataset, unlocking, baseline });
      return { ...document, ...left };
    } finally {
      await unlocking?.editor.dispose();
      await baseline?.dispose();
    }
  } finally {
    await model.dispose();
  }
}

async function plainScore<Label>(
  task: Task<Label>,
  model: Predictor,
  { samples }: Pick<Dataset<Label>, 'samples'>,
  options: EvaluateBundleOptions,
): Promise<Omit<PlainScore, 'matched'>> {
  const { signal, onProgress } = options;
  // Before the long part: a class that is named wrongly is refused.
  positiveClass(model.labels, options.positive);
  let done = 0;
  const outcome = await outcomeOf(task, model, samples, untouched, {
    signal,
    onProgress: (images) => {
      done += images;
      onProgress?.({ stage: 'evaluate', done, total: samples.length, unit: 'images' });
    },
  });
  return plainScoreOf(task, model.labels, outcome, options);
}
