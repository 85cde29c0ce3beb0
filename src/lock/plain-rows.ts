import { counterRandom } from '../base/random/counter.ts';
import type { ImageItem } from '../data/image-folder.ts';
import { PictureMemory } from '../data/picture-memory.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import { readImage } from '../platform/images.ts';
import { classification } from '../tasks/classification.ts';
import type { TrainingRow, TrainingRows } from './training-rows.ts';
import type { FineTuning } from './tuning.ts';

const place = { order: 41 } as const;

/** Pictures as they are, with their true labels: what a model without a lock learns. */
export function plainRows(
  items: readonly ImageItem[],
  classes: number,
  preprocessor: Preprocessor,
  { labelSmoothing }: Pick<FineTuning, 'labelSmoothing'>,
  seed: number,
): TrainingRows {
  const memory = new PictureMemory();
  const rows = items.map(({ path, label }): TrainingRow => ({
    group: 'all',
    read: () => memory.get(path, async () => preprocessor.toPixels(await readImage(path))),
    target: (into) => {
      classification.encode(label, classes, into);
      smoothLabels(into, labelSmoothing);
    },
  }));
  return {
    length: rows.length,
    epoch: (epoch) =>
      Array.from(counterRandom(seed, place.order, epoch).permutation(rows.length), (i) => rows[i]),
  };
}

/** Moves a share of the probability to all classes alike. */
export function smoothLabels(target: Float32Array, amount: number): void {
  for (let c = 0; c < target.length; c++) {
    target[c] = target[c] * (1 - amount) + amount / target.length;
  }
}
