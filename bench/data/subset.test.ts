import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ImageDataset } from '../../src/data/image-folder.ts';
import { drawSubset } from './subset.ts';

/** A data set with so many pictures of each class. */
function dataset(counts: readonly number[], part = 'all'): ImageDataset {
  return {
    classes: counts.map((_, label) => `class ${String(label).padStart(3, '0')}`),
    items: counts.flatMap((count, label) =>
      Array.from({ length: count }, (_, i) => ({ path: `${part}/${label}/${i}`, label })),
    ),
  };
}

const paths = ({ items }: ImageDataset): string[] => items.map(({ path }) => path);
const shares = ({ classes, items }: ImageDataset): number[] =>
  classes.map((_, c) => items.filter(({ label }) => label === c).length);

const everything = { classes: 'all', train: null, test: null } as const;

it('draws every class alike, and the same pictures each time', () => {
  const all = { train: dataset([50, 50, 50], 'train'), test: dataset([20, 20, 20], 'test') };
  const drawn = drawSubset(all, { classes: 'all', train: 60, test: 12 });
  expect(shares(drawn.train)).toEqual([20, 20, 20]);
  expect(shares(drawn.test)).toEqual([4, 4, 4]);
  expect(drawSubset(all, { classes: 'all', train: 60, test: 12 })).toEqual(drawn);
});

it('takes what there is where nothing is to be left out', () => {
  const all = { train: dataset([3, 4]), test: dataset([2, 2]) };
  expect(drawSubset(all, everything)).toEqual(all);
  expect(drawSubset(all, { classes: 'all', train: 100, test: 4 })).toEqual(all);
});

it('holds back every sixth class of 130: 21 of them', () => {
  const counts = Array.from({ length: 130 }, () => 1);
  const { train } = drawSubset(
    { train: dataset(counts), test: dataset(counts) },
    { ...everything, classes: 'held back' },
  );
  expect(train.classes).toHaveLength(21);
  expect([train.classes[0], train.classes[1], train.classes.at(-1)]).toEqual([
    'class 005',
    'class 011',
    'class 125',
  ]);
  expect(train.items.map(({ label }) => label)).toEqual(train.classes.map((_, i) => i));
});

it('numbers named classes in sorted order, in both parts', () => {
  const all = { train: dataset([1, 2, 3]), test: dataset([4, 5, 6]) };
  const drawn = drawSubset(all, { ...everything, classes: ['class 002', 'class 000'] });
  expect(drawn.train.classes).toEqual(['class 000', 'class 002']);
  expect([shares(drawn.train), shares(drawn.test)]).toEqual([
    [1, 3],
    [4, 6],
  ]);
});

it('matches classes of the test part by name, also where one has no pictures there', () => {
  const test = { ...dataset([2]), classes: ['class 001'] };
  const drawn = drawSubset({ train: dataset([1, 1, 1]), test }, everything);
  expect(shares(drawn.test)).toEqual([0, 2, 0]);
});

it('says which classes there are', () => {
  const all = { train: dataset([1, 1]), test: undefined };
  expect(() => drawSubset(all, { ...everything, classes: ['dog'] })).toThrow(
    'there is no class "dog" (valid: class 000, class 001)',
  );
});

it('never trains on a test picture of an unsplit data set', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 4, max: 30 }), { minLength: 2, maxLength: 5 }),
      fc.option(fc.integer({ min: 1, max: 60 })),
      fc.option(fc.integer({ min: 1, max: 10 })),
      (counts, train, test) => {
        const all = dataset(counts);
        const drawn = drawSubset({ train: all, test: undefined }, { classes: 'all', train, test });
        const taken = new Set(paths(drawn.test));
        expect(paths(drawn.train).some((path) => taken.has(path))).toBe(false);
        expect(taken.size).toBe(
          Math.min(test ?? Math.round(all.items.length / 4), all.items.length),
        );
        expect(drawn.train.items).toHaveLength(
          Math.min(train ?? Infinity, all.items.length - taken.size),
        );
      },
    ),
  );
});
