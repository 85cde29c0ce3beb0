import type { JobOptions } from '../base/job.ts';
import { Predictor } from '../bundle/predictor.ts';
import {
  limitItems,
  readImageFolder,
  relabel,
  splitFolder,
  testFolders,
} from '../data/image-folder.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { accuracyOf, answers, untouched } from '../evaluate/score.ts';
import type { Key } from '../key/key.ts';
import { classification } from '../tasks/classification.ts';
import { openModel, openUnlocking } from './bundle-lock.ts';
import { openBaseline } from './lock.ts';

export interface EvaluateBundleOptions extends JobOptions {
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
}

/** The score of a model without a lock. */
export interface PlainScore {
  readonly task: string;
  readonly metric: string;
  readonly n: number;
  readonly accuracy: number;
}

/** Measures a bundle; a model without a lock gets its plain score. */
export async function evaluateBundle(
  options: EvaluateBundleOptions,
): Promise<EvaluationDocument | PlainScore> {
  const { checkpoint, manifest } = await openModel(options.model);
  const model = await Predictor.create(checkpoint);
  const root = (await splitFolder(options.data, testFolders)) ?? options.data;
  const all = relabel(await readImageFolder(root), model.labels);
  const dataset = options.limit === undefined ? all : limitItems(all, options.limit, options.seed);
  const { signal } = options;
  try {
    if (!manifest?.lock) {
      const { items } = dataset;
      const logits = await answers(model, items, untouched, { signal });
      return {
        task: classification.name,
        metric: classification.metric,
        n: items.length,
        accuracy: accuracyOf(logits, items),
      };
    }
    const unlocking = options.key && (await openUnlocking(manifest, options.key, options.editor));
    const baseline = options.baseline
      ? await openBaseline(options.baseline, model.labels)
      : undefined;
    try {
      return await evaluate({ ...options, model, dataset, unlocking, baseline });
    } finally {
      await unlocking?.editor.dispose();
      await baseline?.dispose();
    }
  } finally {
    await model.dispose();
  }
}
