import { requireArguments } from '../base/arguments.ts';
import { counterRandom } from '../base/random/counter.ts';
import type { JobOptions } from '../base/job.ts';
import { owning } from '../base/dispose.ts';
import { withWeights, type ModelCheckpoint } from '../bundle/checkpoint.ts';
import { openCheckpoint } from '../bundle/open-checkpoint.ts';
import { Predictor } from '../bundle/predictor.ts';
import type { Overlap } from '../data/overlap.ts';
import type { Dataset } from '../data/sample.ts';
import { lastingViewing } from '../data/viewing.ts';
import { measuresWith, positiveClass } from '../evaluate/measures.ts';
import { counted, outcomeOf, untouched } from '../evaluate/score.ts';
import { taskNamed } from '../tasks/registry.ts';
import type { NamedEstimates, Outcome } from '../tasks/tally.ts';
import type { Task } from '../tasks/task.ts';
import { labelWeights } from './class-weights.ts';
import { openDataSets, type DataOptions } from './data-sets.ts';
import { fineTune } from './fine-tune.ts';
import { plainRows } from './plain-rows.ts';
import { prepared } from './prepare.ts';
import { measuredOf, publishBundle } from './publish.ts';
import { trainingIn, type TrainingJobOptions } from './training-job.ts';
import { inWorkFolder, type WorkFolder, type WorkOptions } from './work-folder.ts';

/** `out` is the folder of the new bundle. */
export interface TrainOptions extends DataOptions, TrainingJobOptions, WorkOptions<TrainResult> {
  /** Begins with random weights instead of the checkpoint's: what is its pretraining worth? */
  readonly fromScratch?: boolean;
  /** The class whose sensitivity, specificity and AUROC are given. Default: the second of two. */
  readonly positive?: string;
}

export interface TrainResult {
  readonly bundle: string;
  /** Pictures trained on. */
  readonly images: number;
  /** Pictures that could not be read. */
  readonly skipped: readonly string[];
  /** What the test set has as well; null without one. */
  readonly overlap: Overlap | null;
  /** What the score is: `accuracy`, `map`, `miou`. */
  readonly metric: string;
  /** On the test set; null without one. */
  readonly score: number | null;
  /** Other scores on the test set, by name, with 95 % intervals; null without one. */
  readonly measures: NamedEstimates | null;
}

/** Fine-tunes a model without a lock: the baseline that a lock is compared with. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  requireArguments(
    'train',
    options,
    { data: 'text', model: 'text', out: 'text', seed: 'whole number' },
    { test: 'text' },
  );
  return inWorkFolder(options, (work) => trainIn(taskNamed(options.task), work, options));
}

const place = { interval: 72 } as const;

async function trainIn<Label>(
  task: Task<Label>,
  work: WorkFolder,
  options: TrainOptions,
): Promise<TrainResult> {
  const { fromScratch } = options;
  const { checkpoint, identity } = await openCheckpoint(options.model, options);
  const start = fromScratch ? { ...checkpoint, weights: new Map() } : checkpoint;
  const passedOver = await work.ownFolders();
  const sets = await openDataSets(task, { ...options, passedOver }, options);
  const { train: set, test, overlap, skipped } = sets;
  const positive = positiveClass(set.classes, options.positive);
  const { base, tuning } = await prepared(task, start, set, options);
  const ended = await work.claim<TrainResult>({
    kind: 'train',
    task: task.name,
    size: base.preprocessor.size,
    model: identity.hash,
    tuning,
    fromScratch,
    seed: options.seed,
    reading: options.reading,
    data: set.digest,
  });
  if (ended) return ended;
  const tuned = await fineTune({
    task,
    base,
    labels: set.classes,
    rows: plainRows(task, set, {
      preprocessor: base.preprocessor,
      labelSmoothing: tuning.labelSmoothing,
      weightOf: labelWeights(task, tuning, set.frequencies),
      seed: options.seed,
    }),
    tuning,
    ...trainingIn(work, options),
  });
  const outcome = test && (await outcomeIn(task, withWeights(base, tuned), test, options));
  const made = {
    task: task.name,
    checkpoint: base,
    tuned,
    labels: set.classes,
    viewing: lastingViewing(options.reading?.viewing),
    base: identity,
    lock: null,
    training: {
      seed: options.seed,
      images: set.samples.length,
      epochs: tuning.epochs,
      tuning: { ...tuning },
      ...(fromScratch ? { fromScratch } : {}),
    },
    measured: outcome ? measuredOf(task.metric, outcome) : null,
  };
  return publishBundle(work, made, {
    bundle: options.out,
    images: set.samples.length,
    skipped,
    overlap,
    metric: task.metric,
    score: outcome?.score ?? null,
    measures: outcome
      ? measuresWith(outcome.measures(counterRandom(options.seed, place.interval)), positive)
      : null,
  });
}

/** How well a fine-tuned model answers. */
function outcomeIn<Label>(
  task: Task<Label>,
  checkpoint: ModelCheckpoint,
  { samples }: Dataset<Label>,
  job: JobOptions,
): Promise<Outcome> {
  return owning(async (own) => {
    const model = own(await Predictor.create(checkpoint));
    return outcomeOf(task, model, samples, untouched, counted(job, samples.length));
  });
}
