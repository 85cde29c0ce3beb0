import { counterRandom } from '../base/random/counter.ts';
import { PictureMemory } from '../data/picture-memory.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import type { Dataset } from '../data/sample.ts';
import type { Task } from '../tasks/task.ts';
import type { TrainingRow, TrainingRows } from './training-rows.ts';
import type { FineTuning } from './tuning.ts';

const place = { order: 41 } as const;

/** Pictures as they are, with their true labels: what a model without a lock learns. */
export function plainRows<Label>(
  task: Task<Label>,
  { samples, classes }: Dataset<Label>,
  preprocessor: Preprocessor,
  { labelSmoothing }: Pick<FineTuning, 'labelSmoothing'>,
  seed: number,
): TrainingRows<Label> {
  const memory = new PictureMemory();
  const rows = samples.map((sample): TrainingRow<Label> => ({
    group: 'all',
    taught: true,
    read: () => memory.get(sample.path, async () => preprocessor.toPixels(await sample.read())),
    label: async () => task.fit(await sample.label(), preprocessor),
    target: (label, into) => task.encode(label, classes.length, into, labelSmoothing),
  }));
  return {
    length: rows.length,
    epoch: (epoch) =>
      Array.from(counterRandom(seed, place.order, epoch).permutation(rows.length), (i) => rows[i]),
  };
}
