import type { JobOptions } from '../base/job.ts';
import { Predictor } from '../bundle/predictor.ts';
import {
  limitItems,
  readImageFolder,
  relabel,
  splitFolder,
  testFolders,
  type ImageDataset,
} from '../data/image-folder.ts';
import type { EditorPlace } from '../editors/setup.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { accuracyOf, answers, untouched } from '../evaluate/score.ts';
import type { Key } from '../key/key.ts';
import { classification } from '../tasks/classification.ts';
import { openModel, openUnlocking } from './bundle-lock.ts';
import { readable } from './data-sets.ts';
import { openBaseline } from './lock.ts';

export interface EvaluateBundleOptions extends JobOptions, EditorPlace {
  /** A bundle or any classifier. */
  readonly model: string;
  /** A folder of class folders, or of splits of which `test` or `val` is taken. */
  readonly data: string;
  readonly key?: Key;
  readonly editor?: string;
  /** A bundle without a lock. */
  readonly baseline?: string;
  readonly limit?: number;
  readonly decoyImages?: number;
  readonly seed: number;
  /** Leaves out pictures that cannot be read, instead of stopping at the first. */
  readonly skipBad?: boolean;
}

/** The score of a model without a lock. */
export interface PlainScore {
  readonly task: string;
  readonly metric: string;
  readonly n: number;
  readonly accuracy: number;
  /** Pictures that could not be read; absent unless they were to be left out. */
  readonly skipped?: readonly string[];
}

/** Measures a bundle; a model without a lock gets its plain score. */
export async function evaluateBundle(
  options: EvaluateBundleOptions,
): Promise<EvaluationDocument | PlainScore> {
  const { checkpoint, manifest } = await openModel(options.model, options);
  const model = await Predictor.create(checkpoint);
  try {
    const { dataset, skipped } = await openTestSet(options, model.labels);
    const left = options.skipBad ? { skipped } : {};
    if (!manifest?.lock) return { ...(await plainScore(model, dataset, options)), ...left };
    const unlocking =
      options.key && (await openUnlocking(manifest, options.key, options.editor, options));
    const baseline = options.baseline
      ? await openBaseline(options.baseline, model.labels, options)
      : undefined;
    try {
      const document = await evaluate({ ...options, model, dataset, unlocking, baseline });
      return { ...document, ...left };
    } finally {
      await unlocking?.editor.dispose();
      await baseline?.dispose();
    }
  } finally {
    await model.dispose();
  }
}

/** The pictures to test with, each looked at once, so that a bad one stops the job at the start. */
async function openTestSet(
  options: EvaluateBundleOptions,
  labels: readonly string[],
): Promise<{ dataset: ImageDataset; skipped: readonly string[] }> {
  const { data, limit, seed } = options;
  const root = (await splitFolder(data, testFolders)) ?? data;
  const all = relabel(await readImageFolder(root), labels);
  const dataset = limit === undefined ? all : limitItems(all, limit, seed);
  const { good, skipped } = await readable(dataset.items, options, options);
  return { dataset: { ...dataset, items: good }, skipped };
}

async function plainScore(
  model: Predictor,
  { items }: ImageDataset,
  { signal, onProgress }: JobOptions,
): Promise<PlainScore> {
  let done = 0;
  const logits = await answers(model, items, untouched, {
    signal,
    onProgress: (images) => {
      done += images;
      onProgress?.({ stage: 'evaluate', done, total: items.length, unit: 'images' });
    },
  });
  return {
    task: classification.name,
    metric: classification.metric,
    n: items.length,
    accuracy: accuracyOf(logits, items),
  };
}
