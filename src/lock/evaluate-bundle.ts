import { counterRandom } from '../base/random/counter.ts';
import type { OpenModelOptions } from '../bundle/model-options.ts';
import { Predictor } from '../bundle/predictor.ts';
import { matchingOf, type Matching } from '../data/class-places.ts';
import type { Overlap } from '../data/overlap.ts';
import type { ReadingOptions } from '../data/reading/read-dataset.ts';
import type { Dataset } from '../data/sample.ts';
import type { EditorPlace } from '../editors/setup.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { measuresWith, positiveClass } from '../evaluate/measures.ts';
import { outcomeOf, untouched } from '../evaluate/score.ts';
import type { Key } from '../key/key.ts';
import type { Interval } from '../metrics/intervals.ts';
import { taskNamed } from '../tasks/registry.ts';
import type { NamedEstimates } from '../tasks/tally.ts';
import type { Task, TaskName } from '../tasks/task.ts';
import { openModel, openUnlocking, type OpenedModel } from './bundle-lock.ts';

import { openBaseline } from './lock.ts';
import { openTestSet } from './test-set.ts';

export interface EvaluateBundleOptions extends OpenModelOptions, EditorPlace {
  /** A bundle or any classifier. */
  readonly model: string;
  /** Labelled pictures: the test or validation side of a set, or all of one that is not split. */
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

/** The score of a model without a lock. */
export interface PlainScore {
  readonly task: TaskName;
  readonly metric: string;
  readonly n: number;
  readonly score: number;
  /** The same, under the name of the metric. */
  readonly accuracy?: number;
  readonly map?: number;
  readonly miou?: number;
  readonly chance: number;
  /** How the data's classes were told for the model's. */
  readonly matched: Matching;
  /** A 95 % interval of the score. */
  readonly interval: Interval;
  /** Other scores, by name, with 95 % intervals. */
  readonly measures: NamedEstimates;
  /** The class that sensitivity, specificity and AUROC among them are of, if they are. */
  readonly positive?: string;
  readonly perClass: readonly {
    readonly label: string;
    readonly n: number;
    /** null: the class does not occur. */
    readonly score: number | null;
    /** Of the class against all others. */
    readonly measures: NamedEstimates;
  }[];
  /** Pictures that could not be read; absent unless they were to be left out. */
  readonly skipped?: readonly string[];
  /** What the training side of the same set has as well; absent where there is none. */
  readonly overlap?: Overlap;
}

/** Measures a bundle; a model without a lock gets its plain score. */
export async function evaluateBundle(
  options: EvaluateBundleOptions,
): Promise<EvaluationDocument | PlainScore> {
  const opened = await openModel(options.model, options);
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
    if (matched === 'order') options.onNotice?.(pairing(ownClasses, model.labels));
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

/** How classes of other names are told for the model's. */
function pairing(classes: readonly string[], labels: readonly string[]): string {
  const pairs = classes.slice(0, 3).map((name, i) => `${name} is ${labels[i]}`);
  const rest = classes.length > pairs.length ? ' and so on' : '';
  return `the classes have other names than the model's and are taken in sorted order: ${pairs.join(', ')}${rest}`;
}

const place = { interval: 71 } as const;

async function plainScore<Label>(
  task: Task<Label>,
  model: Predictor,
  { samples }: Pick<Dataset<Label>, 'samples'>,
  { seed, positive: name, signal, onProgress }: EvaluateBundleOptions,
): Promise<Omit<PlainScore, 'matched'>> {
  const positive = positiveClass(model.labels, name);
  let done = 0;
  const outcome = await outcomeOf(task, model, samples, untouched, {
    signal,
    onProgress: (images) => {
      done += images;
      onProgress?.({ stage: 'evaluate', done, total: samples.length, unit: 'images' });
    },
  });
  const { n, score, chance, perClass } = outcome;
  const measures = outcome.measures(counterRandom(seed, place.interval));
  return {
    task: task.name,
    metric: task.metric,
    n,
    score,
    [task.metric]: score,
    chance,
    interval: outcome.interval(counterRandom(seed, place.interval)),
    ...(positive === undefined ? {} : { positive: model.labels[positive] }),
    measures: measuresWith(measures, positive),
    perClass: model.labels.map((label, c) => ({
      label,
      ...perClass[c],
      measures: measures.perClass.at(c) ?? {},
    })),
  };
}
