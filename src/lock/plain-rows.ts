import { counterRandom } from '../base/random/counter.ts';
import { pictureMemory } from '../data/memory.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import type { Dataset } from '../data/sample.ts';
import type { Task } from '../tasks/task.ts';
import { fittedLabels } from './fitted-labels.ts';
import { scaleTarget, type TrainingRow, type TrainingRows } from './training-rows.ts';

const place = { order: 41 } as const;

export interface PlainRowsOptions<Label> {
  readonly preprocessor: Preprocessor;
  readonly labelSmoothing: number;
  /** How much a label counts; all alike unless given. */
  readonly weightOf?: ((label: Label) => number) | undefined;
  readonly seed: number;
}

/** Pictures as they are, with their true labels: what a model without a lock learns. */
export function plainRows<Label>(
  task: Task<Label>,
  { samples, classes }: Dataset<Label>,
  { preprocessor, labelSmoothing, weightOf, seed }: PlainRowsOptions<Label>,
): TrainingRows<Label> {
  const memory = pictureMemory();
  const labelOf = fittedLabels(task, preprocessor);
  const rows = samples.map((sample): TrainingRow<Label> => ({
    group: 'all',
    taught: true,
    read: () => memory.get(sample.path, async () => preprocessor.toPixels(await sample.read())),
    label: () => labelOf(sample),
    target: (label, into) => {
      task.encode(label, classes.length, into, labelSmoothing);
      scaleTarget(into, weightOf?.(label) ?? 1);
    },
  }));
  return {
    length: rows.length,
    epoch: (epoch) =>
      Array.from(counterRandom(seed, place.order, epoch).permutation(rows.length), (i) => rows[i]),
  };
}
