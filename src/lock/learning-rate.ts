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
  readonly perEpoch: number;
  /** In all. */
  readonly count: number;
}

export function stepsOf(rows: number, { epochs, batch }: { epochs: number; batch: number }): Steps {
  const size = Math.min(batch, rows);
  const perEpoch = Math.ceil(rows / size);
  return { batch: size, perEpoch, count: Math.max(1, Math.round(epochs * perEpoch)) };
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
