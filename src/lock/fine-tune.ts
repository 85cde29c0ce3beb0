import { counterRandom } from '../base/random/counter.ts';
import type { JobOptions } from '../base/job.ts';
import type { ClassifierCheckpoint } from '../bundle/checkpoint.ts';
import { drawMove, moved } from '../data/augment/move.ts';
import { graphOf } from '../graph/graph.ts';
import { add, mul } from '../graph/ops/binary/ops.ts';
import { input } from '../graph/value.ts';
import type { RawConfig } from '../nn/config.ts';
import { classifierFrom, withLabels } from '../nn/models/registry.ts';
import { drawMasks, initialise, Scope, type Declarations } from '../nn/scope.ts';
import type { Tensors } from '../runtime/session.ts';
import { classification } from '../tasks/classification.ts';
import type { RgbImage } from '../tensor/image.ts';
import { float32, tensor, type Tensor } from '../tensor/tensor.ts';
import { fit, type CheckpointStore } from '../train/fit.ts';
import { loudness } from './silence.ts';
import { adamW } from '../train/optimiser.ts';
import { warmupCosine } from '../train/schedule.ts';
import { Trainer } from '../train/trainer.ts';

/** How a classifier is fine-tuned. */
export interface FineTuning {
  readonly epochs: number;
  readonly batch: number;
  /** Peak of the pretrained layers' learning rate. */
  readonly learningRate: number;
  /** The new last layer's, as a factor of it. */
  readonly headFactor: number;
  readonly weightDecay: number;
  readonly labelSmoothing: number;
  /** Share of the steps in which the learning rate rises. */
  readonly warmup: number;
  /** Largest shift of an image, as a share of its side. */
  readonly shift: number;
}

export const defaultTuning: FineTuning = {
  epochs: 12,
  batch: 64,
  learningRate: 1e-3,
  headFactor: 3,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
  warmup: 0.1,
  shift: 0.125,
};

/** One image of an epoch, as it is learnt. */
export interface TrainingRow {
  /** Whether the model is to say nothing at all to it, see `loudness`. */
  readonly silent?: boolean;
  /** The picture, of the model's size, before it is moved about. */
  read(): Promise<RgbImage>;
  /** Writes what is to be answered, [classes]; zeros where the row has no weight. */
  target(into: Float32Array, progress: number): void;
}

/** Epochs of equal length. */
export interface TrainingRows {
  readonly length: number;
  epoch(epoch: number): readonly TrainingRow[];
}

export interface FineTuneOptions extends JobOptions {
  readonly base: ClassifierCheckpoint;
  readonly labels: readonly string[];
  readonly rows: TrainingRows;
  readonly tuning: FineTuning;
  /** Weight of the silence of silent rows. Default 0. */
  readonly silenceWeight?: number;
  readonly seed: number;
  readonly checkpoints?: CheckpointStore;
  /** Time between checkpoints in seconds. Default 20. */
  readonly checkpointSeconds?: number;
  readonly threads?: number;
}

export interface FineTuned {
  readonly config: RawConfig;
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
}

const place = { head: 11, move: 12, mask: 13 } as const;

/** Fine-tunes a classifier on rows. Knows nothing of locks. */
export async function fineTune(options: FineTuneOptions): Promise<FineTuned> {
  const { base, labels, rows, tuning, silenceWeight = 0, seed } = options;
  const config = withLabels(base.config, labels);
  const classifier = classifierFrom(config, 'config.json');
  const { height, width } = base.preprocessor.size;
  const batch = Math.min(tuning.batch, rows.length);

  const scope = Scope.root({ training: true });
  const x = input('x', 'float32', [batch, classifier.channels, height, width]);
  const target = input('target', 'float32', [batch, labels.length]);
  const { logits, beforeLastRelu } = classifier.build(scope, x);
  const answers = classification.loss(logits, target);
  const silent = input('silent', 'float32', [batch]);
  const silences = silenceWeight > 0 && beforeLastRelu !== undefined;
  const loss = silences
    ? add(answers, mul(loudness(beforeLastRelu, silent), silenceWeight))
    : answers;
  const leaves = graphOf({ loss }).parameters;
  const trainer = await Trainer.create(
    {
      loss,
      parameters: new Map([...scope.declared.parameters.keys()].map((n) => [n, leaves.get(n)!])),
      updates: scope.declared.updates,
    },
    {
      optimiser: adamW({ weightDecay: tuning.weightDecay }),
      clipNorm: 5,
      parameterOptions: (name, shape) => ({
        learningRate: classifier.isHead(name) ? tuning.headFactor : 1,
        // Norms and biases are not decayed.
        ...(shape.length < 2 ? { weightDecay: 0 } : {}),
      }),
      threads: options.threads,
    },
    startingWeights(base, scope.declared, classifier.isHead, seed),
  );

  const stepsPerEpoch = Math.ceil(rows.length / batch);
  const steps = Math.max(1, Math.round(tuning.epochs * stepsPerEpoch));
  const batches = new Batches(options, { batch, stepsPerEpoch, steps, silences }, scope.declared);
  try {
    await fit(trainer, {
      steps,
      learningRate: tuning.learningRate,
      schedule: warmupCosine({ steps, warmup: Math.round(steps * tuning.warmup) }),
      batch: (step) => batches.at(step),
      checkpoints: options.checkpoints,
      checkpointSeconds: options.checkpointSeconds,
      signal: options.signal,
      onProgress: options.onProgress,
    });
    const weights = [...trainer.weights()].map(([name, t]): [string, Tensor<'float32'>] => [
      name,
      tensor('float32', t.shape, (t.data as Float32Array).slice()),
    ]);
    return { config, weights: new Map(weights) };
  } finally {
    await trainer.dispose();
  }
}

/** The checkpoint's weights; the last layer anew where the number of classes differs. */
function startingWeights(
  base: ClassifierCheckpoint,
  declared: Declarations,
  isHead: (name: string) => boolean,
  seed: number,
): Map<string, Tensor> {
  const fresh = initialise(declared, counterRandom(seed, place.head));
  return new Map(
    [...fresh].map(([name, t]) => {
      const known = base.weights.get(name);
      const fits = known && known.shape.join() === t.shape.join();
      return [name, fits && !isHead(name) ? known : t];
    }),
  );
}

interface Plan {
  readonly batch: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  /** Whether the loss asks which rows are to be silent. */
  readonly silences: boolean;
}

/** The inputs of each step, a function of its number alone. */
class Batches {
  readonly #options: FineTuneOptions;
  readonly #plan: Plan;
  readonly #declared: Declarations;
  #epoch = -1;
  #rows: readonly TrainingRow[] = [];

  constructor(options: FineTuneOptions, plan: Plan, declared: Declarations) {
    this.#options = options;
    this.#plan = plan;
    this.#declared = declared;
  }

  async at(step: number): Promise<Tensors> {
    const { base, labels, seed, tuning } = this.#options;
    const { batch, stepsPerEpoch, steps, silences } = this.#plan;
    const epoch = Math.floor(step / stepsPerEpoch);
    if (epoch !== this.#epoch) [this.#rows, this.#epoch] = [this.#options.rows.epoch(epoch), epoch];
    const first = (step % stepsPerEpoch) * batch;
    // The last batch of an epoch is filled up from its beginning.
    const rows = Array.from(
      { length: batch },
      (_, i) => this.#rows[(first + i) % this.#rows.length],
    );
    const images = await Promise.all(rows.map((row) => row.read()));

    const { height, width } = base.preprocessor.size;
    const size = 3 * height * width;
    const x = new Float32Array(batch * size);
    const target = new Float32Array(batch * labels.length);
    rows.forEach((row, i) => {
      const random = counterRandom(seed, place.move, step, i);
      const move = drawMove(width, height, { shift: tuning.shift, flip: true }, random);
      const data = moved(images[i].data, width, height, move);
      base.preprocessor.normalise({ width, height, data }, x.subarray(i * size, (i + 1) * size));
      row.target(target.subarray(i * labels.length, (i + 1) * labels.length), step / steps);
    });
    return {
      x: tensor('float32', [batch, 3, height, width], x),
      target: tensor('float32', [batch, labels.length], target),
      ...(silences
        ? {
            silent: float32(
              [batch],
              rows.map((row) => (row.silent ? 1 : 0)),
            ),
          }
        : {}),
      ...drawMasks(this.#declared, counterRandom(seed, place.mask, step)),
    };
  }
}
