import { withWeights } from '../bundle/checkpoint.ts';
import { openClassifier } from '../bundle/open-classifier.ts';
import type { Manifest } from '../bundle/manifest.ts';
import { Predictor } from '../bundle/predictor.ts';
import type { Dataset } from '../data/sample.ts';
import { outcomeOf, untouched } from '../evaluate/score.ts';
import { taskNamed } from '../tasks/registry.ts';
import type { Task } from '../tasks/task.ts';
import { openDataSets, type DataOptions } from './data-sets.ts';
import { fineTune } from './fine-tune.ts';
import { plainRows } from './plain-rows.ts';
import { prepared } from './prepare.ts';
import { publishBundle } from './publish.ts';
import { trainingIn, type TrainingJobOptions } from './training-job.ts';
import { inWorkFolder, type WorkFolder, type WorkOptions } from './work-folder.ts';

/** `out` is the folder of the new bundle. */
export interface TrainOptions extends DataOptions, TrainingJobOptions, WorkOptions<TrainResult> {
  /** Begins with random weights instead of the checkpoint's: what is its pretraining worth? */
  readonly fromScratch?: boolean;
}

export interface TrainResult {
  readonly bundle: string;
  /** Pictures trained on. */
  readonly images: number;
  /** Pictures that could not be read. */
  readonly skipped: readonly string[];
  /** What the score is: `accuracy`, `map`, `miou`. */
  readonly metric: string;
  /** On the test set; null without one. */
  readonly score: number | null;
}

/** Fine-tunes a model without a lock: the baseline that a lock is compared with. */
export function train(options: TrainOptions): Promise<TrainResult> {
  return inWorkFolder(options, (work) => trainIn(taskNamed(options.task), work, options));
}

async function trainIn<Label>(
  task: Task<Label>,
  work: WorkFolder,
  options: TrainOptions,
): Promise<TrainResult> {
  const { fromScratch } = options;
  const { checkpoint, identity } = await openClassifier(options.model, options);
  const start = fromScratch ? { ...checkpoint, weights: new Map() } : checkpoint;
  const { train: set, test, skipped } = await openDataSets(task, options, options);
  const { base, tuning } = await prepared(task, start, set, options);
  const ended = await work.claim<TrainResult>({
    kind: 'train',
    task: task.name,
    size: base.preprocessor.size,
    model: identity.hash,
    tuning,
    fromScratch,
    seed: options.seed,
    files: set.samples.map(({ path }) => path),
  });
  if (ended) return ended;
  const tuned = await fineTune({
    task,
    base,
    labels: set.classes,
    rows: plainRows(task, set, base.preprocessor, tuning, options.seed),
    tuning,
    ...trainingIn(work, options),
  });
  const predictor = await Predictor.create(withWeights(base, tuned));
  const measured = test ? await measure(task, predictor, test, options.signal) : null;
  await predictor.dispose();
  const made = {
    task: task.name,
    checkpoint: base,
    tuned,
    labels: set.classes,
    base: identity,
    lock: null,
    training: {
      seed: options.seed,
      images: set.samples.length,
      epochs: tuning.epochs,
      tuning: { ...tuning },
      ...(fromScratch ? { fromScratch } : {}),
    },
    measured,
  };
  return publishBundle(work, made, {
    bundle: options.out,
    images: set.samples.length,
    skipped,
    metric: task.metric,
    score: measured?.baseline ?? null,
  });
}

async function measure<Label>(
  task: Task<Label>,
  predictor: Predictor,
  { samples }: Dataset<Label>,
  signal: AbortSignal | undefined,
): Promise<NonNullable<Manifest['measured']>> {
  const { n, chance, score } = await outcomeOf(task, predictor, samples, untouched, { signal });
  return { metric: task.metric, n, chance, lp: null, up: null, baseline: score };
}
