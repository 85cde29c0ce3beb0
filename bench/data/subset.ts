import { ModelLockError } from '../../src/base/error.ts';
import { isHeldBack } from '../../scripts/held-back.ts';
import { stratified } from '../../src/data/draw.ts';
import { relabel, type ImageDataset } from '../../src/data/image-folder.ts';

/** All classes, those that nothing was pretrained on, or these. */
export type ClassSelection = 'all' | 'held back' | readonly string[];

/** A data set as it lies on disk; `test` is undefined where it is not split. */
export interface Whole {
  readonly train: ImageDataset;
  readonly test: ImageDataset | undefined;
}

export interface Subset {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

export interface Drawing {
  readonly classes: ClassSelection;
  /** Images in all; null: as many as there are. */
  readonly train: number | null;
  readonly test: number | null;
}

/** The share of an unsplit data set that becomes its test part, where no number is given. */
const testShare = 0.25;

const seeds = { train: 1, test: 2 } as const;

/**
 * Images of the chosen classes, in which the classes have the shares that they have in all; always
 * the same ones. Of an unsplit data set the test images are drawn first, and none of them is
 * trained on. Throws `usage` for a class that is not there.
 */
export function drawSubset(all: Whole, { classes, train, test }: Drawing): Subset {
  const names = chosen(all.train.classes, classes);
  const whole = only(all.train, names);
  if (all.test) {
    const tested = only(relabel(all.test, all.train.classes), names);
    return { train: draw(whole, train, seeds.train), test: draw(tested, test, seeds.test) };
  }
  const tested = draw(whole, test ?? Math.round(testShare * whole.items.length), seeds.test);
  const taken = new Set(tested.items);
  const rest = { ...whole, items: whole.items.filter((item) => !taken.has(item)) };
  return { train: draw(rest, train, seeds.train), test: tested };
}

function chosen(all: readonly string[], selection: ClassSelection): readonly string[] {
  if (selection === 'all') return all;
  if (selection === 'held back') return all.filter((_, i) => isHeldBack(i));
  const unknown = selection.find((name) => !all.includes(name));
  if (unknown === undefined) return all.filter((name) => selection.includes(name));
  throw new ModelLockError('usage', `there is no class "${unknown}"`, { valid: all });
}

function only(dataset: ImageDataset, names: readonly string[]): ImageDataset {
  const place = new Map(names.map((name, i) => [name, i]));
  return {
    classes: names,
    items: dataset.items.flatMap((item) => {
      const label = place.get(dataset.classes[item.label]);
      return label === undefined ? [] : [{ ...item, label }];
    }),
  };
}

function draw(dataset: ImageDataset, count: number | null, seed: number): ImageDataset {
  if (count === null || count >= dataset.items.length) return dataset;
  return { ...dataset, items: stratified(dataset.items, ({ label }) => label, count, seed) };
}
