import { withWeights } from '../bundle/checkpoint.ts';
import { openClassifier } from '../bundle/open-classifier.ts';
import type { Manifest } from '../bundle/manifest.ts';
import { Predictor } from '../bundle/predictor.ts';
import type { ImageDataset } from '../data/image-folder.ts';
import { accuracyOf, answers, untouched } from '../evaluate/score.ts';
import { classification } from '../tasks/classification.ts';
import { openDataSets, type DataOptions } from './data-sets.ts';
import { fineTune } from './fine-tune.ts';
import { checkedTuning } from './parameter-options.ts';
import { plainRows } from './plain-rows.ts';
import { publishBundle } from './publish.ts';
import { trainingIn, type TrainingJobOptions } from './training-job.ts';
import { defaultTuning } from './tuning.ts';
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
  /** On the test set; null without one. */
  readonly accuracy: number | null;
}

/** Fine-tunes a classifier without a lock: the baseline that a lock is compared with. */
export function train(options: TrainOptions): Promise<TrainResult> {
  return inWorkFolder(options, (work) => trainIn(work, options));
}

async function trainIn(work: WorkFolder, options: TrainOptions): Promise<TrainResult> {
  const { fromScratch } = options;
  const { checkpoint, identity } = await openClassifier(options.model, options);
  const base = fromScratch ? { ...checkpoint, weights: new Map() } : checkpoint;
  const tuning = checkedTuning({ ...defaultTuning, ...options.tuning }, base);
  const { train: set, test, skipped } = await openDataSets(options, options);
  const ended = await work.claim<TrainResult>({
    kind: 'train',
    model: identity.hash,
    tuning,
    fromScratch,
    seed: options.seed,
    files: set.items.map((item) => item.path),
  });
  if (ended) return ended;
  const tuned = await fineTune({
    base,
    labels: set.classes,
    rows: plainRows(set.items, set.classes.length, base.preprocessor, tuning, options.seed),
    tuning,
    ...trainingIn(work, options),
  });
  const predictor = await Predictor.create(withWeights(base, tuned));
  const measured = test ? await measure(predictor, test, options.signal) : null;
  await predictor.dispose();
  const made = {
    checkpoint: base,
    tuned,
    labels: set.classes,
    base: identity,
    lock: null,
    training: {
      seed: options.seed,
      images: set.items.length,
      epochs: tuning.epochs,
      tuning: { ...tuning },
      ...(fromScratch ? { fromScratch } : {}),
    },
    measured,
  };
  return publishBundle(work, made, {
    bundle: options.out,
    images: set.items.length,
    skipped,
    accuracy: measured?.baseline ?? null,
  });
}

async function measure(
  predictor: Predictor,
  { items, classes }: ImageDataset,
  signal: AbortSignal | undefined,
): Promise<NonNullable<Manifest['measured']>> {
  const logits = await answers(predictor, items, untouched, { signal });
  return {
    metric: classification.metric,
    n: items.length,
    chance: classification.chance(
      items.map((item) => item.label),
      classes.length,
    ),
    lp: null,
    up: null,
    baseline: accuracyOf(logits, items),
  };
}
