import { counterRandom } from '../base/random/counter.ts';
import {
  drawVariation,
  variedImage,
  type Augmentation,
  type Variation,
} from '../data/augment/augmentation.ts';
import { erase } from '../data/augment/erase.ts';
import { drawMix, mixBatch, partnersWithin, type MixableBatch } from '../data/augment/mix.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import { drawMasks, type Declarations } from '../nn/scope.ts';
import type { Tensors } from '../runtime/session.ts';
import type { Task } from '../tasks/task.ts';
import { float32, tensor } from '../tensor/tensor.ts';
import type { Steps } from './learning-rate.ts';
import type { TrainingRow, TrainingRows } from './training-rows.ts';

/** Inputs that tell a loss how much a row is so, [B]. */
const marks = {
  taught: ({ taught }: TrainingRow<unknown>) => Number(taught),
  silent: ({ silence = 0 }: TrainingRow<unknown>) => silence,
} as const;
export type Mark = keyof typeof marks;

export interface BatchesOptions<Label> {
  readonly task: Task<Label>;
  readonly rows: TrainingRows<Label>;
  readonly steps: Steps;
  readonly preprocessor: Preprocessor;
  readonly classes: number;
  readonly augmentation: Augmentation;
  /** Masks that the model's graph takes for the rows that are run at once. */
  readonly declared: Pick<Declarations, 'masks'>;
  /** What the loss is told of rows. */
  readonly marks: readonly Mark[];
  readonly seed: number;
}

const place = { move: 12, mask: 13, crop: 14, erase: 15, mix: 16, change: 17 } as const;

/** The inputs of each step, a function of its number alone. */
export class Batches<Label> {
  readonly #options: BatchesOptions<Label>;
  #epoch = -1;
  #rows: readonly TrainingRow<Label>[] = [];

  constructor(options: BatchesOptions<Label>) {
    this.#options = options;
  }

  async at(step: number): Promise<Tensors> {
    const { task, steps, preprocessor, classes, declared, seed } = this.#options;
    const { height, width } = preprocessor.size;
    const rows = this.#rowsOf(step);
    const variations = rows.map((_, i) => this.#variationOf(step, i));
    const pictures = await this.#picturesOf(rows, variations, step);
    const targets = await this.#targetsOf(rows, variations);
    this.#mix({ pictures, targets, spatial: task.spatial, width, height }, rows, step);
    const shape = task.targetShape(classes, preprocessor.size);
    return {
      x: tensor('float32', [rows.length, preprocessor.channels, height, width], pictures),
      target: tensor('float32', [rows.length, ...shape], targets),
      ...Object.fromEntries(
        this.#options.marks.map((mark) => [mark, float32([rows.length], rows.map(marks[mark]))]),
      ),
      ...drawMasks(ofAllRows(declared, steps), counterRandom(seed, place.mask, step)),
    };
  }

  /** How the i-th picture of a step is varied, and its label with it. */
  #variationOf(step: number, i: number): Variation {
    const { preprocessor, augmentation, seed } = this.#options;
    return drawVariation(preprocessor.size, augmentation, {
      crop: counterRandom(seed, place.crop, step, i),
      move: counterRandom(seed, place.move, step, i),
      change: counterRandom(seed, place.change, step, i),
    });
  }

  /** What is to be answered, [B, ...targetShape]. */
  async #targetsOf(
    rows: readonly TrainingRow<Label>[],
    variations: readonly Variation[],
  ): Promise<Float32Array> {
    const { task, classes, preprocessor } = this.#options;
    const size = task.targetShape(classes, preprocessor.size).reduce((a, b) => a * b);
    const labels = await Promise.all(rows.map((row) => row.label()));
    const targets = new Float32Array(rows.length * size);
    rows.forEach((row, i) => {
      const into = targets.subarray(i * size, (i + 1) * size);
      row.target(task.move(labels[i], variations[i]), into);
    });
    return targets;
  }

  #rowsOf(step: number): TrainingRow<Label>[] {
    const { batch, perEpoch } = this.#options.steps;
    const epoch = Math.floor(step / perEpoch);
    if (epoch !== this.#epoch) [this.#rows, this.#epoch] = [this.#options.rows.epoch(epoch), epoch];
    const first = (step % perEpoch) * batch;
    // The last batch of an epoch is filled up from its beginning.
    return Array.from({ length: batch }, (_, i) => this.#rows[(first + i) % this.#rows.length]);
  }

  /** The pictures, varied and normalised, [B, C, H, W]. */
  async #picturesOf(
    rows: readonly TrainingRow<Label>[],
    variations: readonly Variation[],
    step: number,
  ): Promise<Float32Array> {
    const { preprocessor, augmentation, seed } = this.#options;
    const { height, width } = preprocessor.size;
    const size = preprocessor.channels * height * width;
    const images = await Promise.all(rows.map((row) => row.read()));
    const pictures = new Float32Array(rows.length * size);
    images.forEach((image, i) => {
      const picture = pictures.subarray(i * size, (i + 1) * size);
      preprocessor.normalise(variedImage(image, variations[i], preprocessor.zero), picture);
      if (augmentation.erase) {
        const toErase = counterRandom(seed, place.erase, step, i);
        erase(picture, width, height, augmentation.erase, toErase);
      }
    });
    return pictures;
  }

  #mix(batch: MixableBatch, rows: readonly TrainingRow<Label>[], step: number): void {
    const { augmentation, seed } = this.#options;
    if (!augmentation.mix) return;
    const random = counterRandom(seed, place.mix, step);
    const mix = drawMix(augmentation.mix, batch.width, batch.height, random);
    if (mix) mixBatch(batch, partnersWithin(rows.map(({ group }) => group)), mix);
  }
}

/** The masks of all rows of a step: parts of it draw no other numbers than the whole would. */
function ofAllRows(
  { masks }: Pick<Declarations, 'masks'>,
  { batch }: Steps,
): Pick<Declarations, 'masks'> {
  const entries = [...masks].map(([name, { shape, keep }]) => {
    const [, ...rest] = shape;
    return [name, { shape: [batch, ...rest], keep }] as const;
  });
  return { masks: new Map(entries) };
}
