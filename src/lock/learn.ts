import type { JobOptions } from '../base/job.ts';
import type { Value } from '../graph/value.ts';
import type { Declarations } from '../nn/scope.ts';
import type { Tensors } from '../runtime/session.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { fit, type CheckpointStore } from '../train/fit.ts';
import { objectiveOf } from '../train/objective.ts';
import { adamW } from '../train/optimiser.ts';
import type { Weights } from '../train/state.ts';
import { Trainer } from '../train/trainer.ts';
import { learningRateOf, type Steps } from './learning-rate.ts';
import { parameterOptions } from './parameter-options.ts';
import type { FineTuning } from './tuning.ts';

export interface LearnOptions extends JobOptions {
  readonly tuning: FineTuning;
  readonly checkpoints?: CheckpointStore;
  /** Time between checkpoints in seconds. Default 20. */
  readonly checkpointSeconds?: number;
  readonly threads?: number;
}

/** What is to be learnt: the loss of a batch, by whatever network. */
export interface Lesson {
  readonly loss: Value;
  readonly declared: Declarations;
  readonly network: Parameters<typeof parameterOptions>[0];
  readonly isFrozen: (parameter: string) => boolean;
  /** Initial values of all that is declared. */
  readonly weights: Weights;
  readonly steps: Steps;
  /** The inputs of the loss at a step. */
  readonly batch: (step: number) => Promise<Tensors>;
}

/** Largest norm of the gradient where the tuning names none. */
const defaultClipNorm = 5;

/** Trains as a tuning says. @returns the averaged weights, where the tuning has an average. */
export async function learn(
  { loss, declared, network, isFrozen, weights, steps, batch }: Lesson,
  { tuning, threads, ...job }: LearnOptions,
): Promise<ReadonlyMap<string, Tensor<'float32'>>> {
  const trainer = await Trainer.create(
    objectiveOf(loss, declared),
    {
      optimiser: adamW({ weightDecay: tuning.weightDecay }),
      clipNorm: tuning.clipNorm === null ? undefined : (tuning.clipNorm ?? defaultClipNorm),
      emaDecay: tuning.emaDecay,
      accumulate: tuning.accumulate,
      gradientCheckpointing: tuning.gradientCheckpointing,
      parameterOptions: parameterOptions(network, tuning, isFrozen),
      threads,
    },
    weights,
  );
  const { peak, schedule } = learningRateOf(tuning, steps);
  try {
    await fit(trainer, {
      steps: steps.count,
      learningRate: peak,
      schedule,
      batch,
      checkpoints: job.checkpoints,
      checkpointSeconds: job.checkpointSeconds,
      signal: job.signal,
      onProgress: job.onProgress,
    });
    return ownWeights(trainer, tuning);
  } finally {
    await trainer.dispose();
  }
}

/** A copy of what was learnt. */
function ownWeights(
  trainer: Trainer,
  { emaDecay }: Pick<FineTuning, 'emaDecay'>,
): Map<string, Tensor<'float32'>> {
  const weights = [...trainer.weights(emaDecay === undefined ? 'current' : 'averaged')];
  return new Map(
    weights.map(([name, t]) => [
      name,
      tensor('float32', t.shape, (t.data as Float32Array).slice()),
    ]),
  );
}
