import { counterRandom } from '../base/random/counter.ts';
import { varied, type Augmentation } from '../data/augment/augmentation.ts';
import { erase } from '../data/augment/erase.ts';
import { drawMix, mixBatch, partnersWithin } from '../data/augment/mix.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import { drawMasks, type Declarations } from '../nn/scope.ts';
import type { Tensors } from '../runtime/session.ts';
import { float32, tensor } from '../tensor/tensor.ts';
import type { Steps } from './learning-rate.ts';
import type { TrainingRow, TrainingRows } from './training-rows.ts';

export interface BatchesOptions {
  readonly rows: TrainingRows;
  readonly steps: Steps;
  readonly preprocessor: Preprocessor;
  readonly classes: number;
  readonly augmentation: Augmentation;
  /** Masks that the model's graph takes. */
  readonly declared: Pick<Declarations, 'masks'>;
  /** Whether the loss takes which rows are silent. */
  readonly silences: boolean;
  readonly seed: number;
}

const place = { move: 12, mask: 13, crop: 14, erase: 15, mix: 16 } as const;

/** The inputs of each step, a function of its number alone. */
export class Batches {
  readonly #options: BatchesOptions;
  #epoch = -1;
  #rows: readonly TrainingRow[] = [];

  constructor(options: BatchesOptions) {
    this.#options = options;
  }

  async at(step: number): Promise<Tensors> {
    const { steps, preprocessor, classes, silences, declared, seed } = this.#options;
    const { height, width } = preprocessor.size;
    const rows = this.#rowsOf(step);
    const pictures = await this.#picturesOf(rows, step);
    const targets = new Float32Array(rows.length * classes);
    rows.forEach((row, i) => {
      row.target(targets.subarray(i * classes, (i + 1) * classes), step / steps.count);
    });
    this.#mix({ pictures, targets, width, height }, rows, step);
    return {
      x: tensor('float32', [rows.length, 3, height, width], pictures),
      target: tensor('float32', [rows.length, classes], targets),
      ...(silences ? { silent: silencesOf(rows) } : {}),
      ...drawMasks(declared, counterRandom(seed, place.mask, step)),
    };
  }

  #rowsOf(step: number): TrainingRow[] {
    const { batch, perEpoch } = this.#options.steps;
    const epoch = Math.floor(step / perEpoch);
    if (epoch !== this.#epoch) [this.#rows, this.#epoch] = [this.#options.rows.epoch(epoch), epoch];
    const first = (step % perEpoch) * batch;
    // The last batch of an epoch is filled up from its beginning.
    return Array.from({ length: batch }, (_, i) => this.#rows[(first + i) % this.#rows.length]);
  }

  /** The pictures, varied and normalised, [B, 3, H, W]. */
  async #picturesOf(rows: readonly TrainingRow[], step: number): Promise<Float32Array> {
    const { preprocessor, augmentation, seed } = this.#options;
    const { height, width } = preprocessor.size;
    const size = 3 * height * width;
    const images = await Promise.all(rows.map((row) => row.read()));
    const pictures = new Float32Array(rows.length * size);
    images.forEach((image, i) => {
      const picture = pictures.subarray(i * size, (i + 1) * size);
      const random = {
        crop: counterRandom(seed, place.crop, step, i),
        move: counterRandom(seed, place.move, step, i),
      };
      preprocessor.normalise(varied(image, augmentation, random), picture);
      if (augmentation.erase) {
        const toErase = counterRandom(seed, place.erase, step, i);
        erase(picture, width, height, augmentation.erase, toErase);
      }
    });
    return pictures;
  }

  #mix(batch: Parameters<typeof mixBatch>[0], rows: readonly TrainingRow[], step: number): void {
    const { augmentation, seed } = this.#options;
    if (!augmentation.mix) return;
    const random = counterRandom(seed, place.mix, step);
    const mix = drawMix(augmentation.mix, batch.width, batch.height, random);
    if (mix) mixBatch(batch, partnersWithin(rows.map(({ group }) => group)), mix);
  }
}

/** 1 for silent rows, 0 for the others, [B]. */
const silencesOf = (rows: readonly TrainingRow[]): Tensors[string] =>
  float32(
    [rows.length],
    rows.map(({ silent }) => (silent ? 1 : 0)),
  );
