import type { JobOptions } from '../base/job.ts';
import type { OpenModelOptions } from '../bundle/model-options.ts';
import { Predictor } from '../bundle/predictor.ts';
import { matchingOf, type Matching } from '../data/class-places.ts';
import { limited } from '../data/draw.ts';
import type { ReadOptions } from '../data/reading/read-dataset.ts';
import type { Dataset } from '../data/sample.ts';
import type { EditorPlace } from '../editors/setup.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { outcomeOf, untouched } from '../evaluate/score.ts';
import type { Key } from '../key/key.ts';
import { taskNamed } from '../tasks/registry.ts';
import type { Task, TaskName } from '../tasks/task.ts';
import { openModel, openUnlocking, type OpenedModel } from './bundle-lock.ts';
import { looking, readable } from './data-sets.ts';
import { openBaseline } from './lock.ts';

export interface EvaluateBundleOptions extends OpenModelOptions, EditorPlace {
  /** A bundle or any classifier. */
  readonly model: string;
  /** Labelled pictures: the test or validation side of a set, or all of one that is not split. */
  readonly data: string;
  /** What the files do not say. */
  readonly reading?: Omit<ReadOptions, 'classes'>;
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
  /** Other scores, by name. */
  readonly measures: Readonly<Record<string, number>>;
  /** Pictures that could not be read; absent unless they were to be left out. */
  readonly skipped?: readonly string[];
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
    const { dataset, matched, skipped } = await openTestSet(task, options, model.labels);
    const left = options.skipBad ? { skipped } : {};
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

interface TestSet<Label> {
  readonly dataset: Pick<Dataset<Label>, 'samples'>;
  readonly matched: Matching;
  readonly skipped: readonly string[];
}

/** The pictures to test with, each looked at once, so that a bad one stops the job at the start. */
async function openTestSet<Label>(
  task: Task<Label>,
  options: EvaluateBundleOptions,
  labels: readonly string[],
): Promise<TestSet<Label>> {
  const { data, limit, seed, reading } = options;
  // There is always something to be scored.
  const found = (await task.read(data, 'scored', { ...reading, classes: labels }))!;
  const { samples, ownClasses = labels } = found;
  const matched = matchingOf(ownClasses, labels);
  if (matched === 'order') options.onNotice?.(pairing(ownClasses, labels));
  const drawn =
    limit === undefined ? samples : limited(samples, ({ stratum }) => stratum, limit, seed);
  const { good, skipped } = await readable(drawn, looking(task), options, options);
  return { dataset: { samples: good }, matched, skipped };
}

/** How classes of other names are told for the model's. */
function pairing(classes: readonly string[], labels: readonly string[]): string {
  const pairs = classes.slice(0, 3).map((name, i) => `${name} is ${labels[i]}`);
  const rest = classes.length > pairs.length ? ' and so on' : '';
  return `the classes have other names than the model's and are taken in sorted order: ${pairs.join(', ')}${rest}`;
}

async function plainScore<Label>(
  task: Task<Label>,
  model: Predictor,
  { samples }: Pick<Dataset<Label>, 'samples'>,
  { signal, onProgress }: JobOptions,
): Promise<Omit<PlainScore, 'matched'>> {
  let done = 0;
  const { n, score, chance, measures } = await outcomeOf(task, model, samples, untouched, {
    signal,
    onProgress: (images) => {
      done += images;
      onProgress?.({ stage: 'evaluate', done, total: samples.length, unit: 'images' });
    },
  });
  return {
    task: task.name,
    metric: task.metric,
    n,
    score,
    [task.metric]: score,
    chance,
    measures,
  };
}
