import { warmupCosine, type Schedule } from '../train/schedule.ts';

/** A rate for batches of `per` rows: that of another batch is proportional to it (arXiv 1706.02677). */
export interface RatePerBatch {
  readonly base: number;
  readonly per: number;
}

/** How the learning rate goes: up in a line, then down along half a cosine. */
export interface LearningRate {
  /** Passes over the rows. */
  readonly epochs: number;
  /** Peak of the pretrained layers' rate. */
  readonly learningRate: number | RatePerBatch;
  /** Where the cosine ends. Default: 0. */
  readonly minLearningRate?: number;
  /** Share of the steps in which the rate rises, or a number of epochs. */
  readonly warmup: number | { readonly epochs: number };
}

/** How a training is divided into steps. */
export interface Steps {
  /** Rows of a step. */
  readonly batch: number;
  /** Rows that are run at once; so many parts make a step. */
  readonly rowsAtOnce: number;
  readonly perEpoch: number;
  /** In all. */
  readonly count: number;
}

export interface StepSizes {
  readonly epochs: number;
  readonly batch: number;
  /** Parts of a step, each as large as the others. Default: 1. */
  readonly accumulate?: number;
}

export function stepsOf(rows: number, { epochs, batch, accumulate = 1 }: StepSizes): Steps {
  const rowsAtOnce = Math.max(1, Math.floor(Math.min(batch, rows) / accumulate));
  const size = rowsAtOnce * accumulate;
  const perEpoch = Math.ceil(rows / size);
  const count = Math.max(1, Math.round(epochs * perEpoch));
  return { batch: size, rowsAtOnce, perEpoch, count };
}

/** The peak, and the rate at each step as a factor of it. */
export function learningRateOf(
  { learningRate, minLearningRate = 0, warmup }: LearningRate,
  { batch, perEpoch, count }: Steps,
): { peak: number; schedule: Schedule } {
  const peak =
    typeof learningRate === 'number'
      ? learningRate
      : (learningRate.base * batch) / learningRate.per;
  const schedule = warmupCosine({
    steps: count,
    warmup: Math.round(typeof warmup === 'number' ? count * warmup : perEpoch * warmup.epochs),
    floor: Math.min(1, minLearningRate / peak),
  });
  return { peak, schedule };
}
