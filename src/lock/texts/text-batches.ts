import { counterRandom } from '../../base/random/counter.ts';
import { textBatch } from '../../data/text/batch.ts';
import type { Tensors } from '../../runtime/session.ts';
import { classification } from '../../tasks/classification.ts';
import { tensor } from '../../tensor/tensor.ts';
import type { Steps } from '../learning-rate.ts';
import { scaleTarget } from '../training-rows.ts';

/** Encoded texts and their classes, [N]. */
export interface TextRows {
  readonly ids: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

export interface TextBatchesOptions {
  readonly rows: TextRows;
  readonly steps: Steps;
  /** Tokens that every text is filled up to. */
  readonly length: number;
  /** The token that fills up. */
  readonly pad: number;
  readonly classes: number;
  readonly labelSmoothing: number;
  /** How much a label counts; all alike unless given. */
  readonly weightOf?: ((label: number) => number) | undefined;
  readonly seed: number;
}

const place = { order: 51 } as const;

/** The inputs of each step, a function of its number alone. */
export class TextBatches {
  readonly #options: TextBatchesOptions;
  #epoch = -1;
  #order: Uint32Array | readonly number[] = [];

  constructor(options: TextBatchesOptions) {
    this.#options = options;
  }

  at(step: number): Tensors {
    const { rows, length, pad, classes, labelSmoothing, weightOf } = this.#options;
    const picks = this.#picksOf(step);
    const { ids, mask } = textBatch(
      picks.map((i) => rows.ids[i]),
      length,
      pad,
    );
    const target = new Float32Array(picks.length * classes);
    picks.forEach((i, row) => {
      const into = target.subarray(row * classes, (row + 1) * classes);
      classification.encode(rows.labels[i], classes, into, labelSmoothing);
      scaleTarget(into, weightOf?.(rows.labels[i]) ?? 1);
    });
    return {
      input_ids: ids,
      attention_mask: mask,
      target: tensor('float32', [picks.length, classes], target),
    };
  }

  /** Numbers of the rows of a step. */
  #picksOf(step: number): number[] {
    const { rows, steps, seed } = this.#options;
    const { batch, perEpoch } = steps;
    const epoch = Math.floor(step / perEpoch);
    if (epoch !== this.#epoch) {
      this.#order = counterRandom(seed, place.order, epoch).permutation(rows.ids.length);
      this.#epoch = epoch;
    }
    const first = (step % perEpoch) * batch;
    // The last batch of an epoch is filled up from its beginning.
    return Array.from({ length: batch }, (_, i) => this.#order[(first + i) % rows.ids.length]);
  }
}
