import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { splitNames, type AnnotatedItem } from './annotated-item.ts';
import { splitByGroup } from './splits.ts';

const fractions = { train: 0.7, val: 0.1, test: 0.2 };

/** Pictures of so many patients, of one class or of two. */
function patients(count: number, seed: number): AnnotatedItem[] {
  const random = counterRandom(seed, 7);
  return Array.from({ length: count }, (_, p) => {
    const label = random.integer(3);
    return Array.from({ length: 1 + random.integer(8) }, (_, i) => ({
      path: `${p}/${i}.png`,
      label: i === 0 ? 0 : label,
      group: `patient ${p}`,
    }));
  }).flat();
}

describe('splitByGroup', () => {
  it('has every item once and no group on two sides', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 60 }), fc.nat(), (count, seed) => {
        const items = patients(count, seed);
        const split = splitByGroup(items, { fractions, seed });
        const all = splitNames.flatMap((side) => split[side]);
        expect(new Set(all)).toEqual(new Set(items));
        expect(all).toHaveLength(items.length);
        const sides = splitNames.map((side) => new Set(split[side].map(({ group }) => group)));
        const groups = new Set(items.map(({ group }) => group));
        expect(sides[0].size + sides[1].size + sides[2].size).toBe(groups.size);
        for (const side of sides) expect(side.size).toBeGreaterThan(0);
      }),
    );
  });

  it('gives every class its share where the groups are many', () => {
    const items = patients(400, 1);
    const split = splitByGroup(items, { fractions, seed: 1 });
    for (const side of splitNames) {
      for (const label of [0, 1, 2]) {
        const count = (list: readonly AnnotatedItem[]): number =>
          list.filter((item) => item.label === label).length;
        expect(Math.abs(count(split[side]) / count(items) - fractions[side])).toBeLessThan(0.01);
      }
    }
  });

  it('depends on names and seed, not on the order of items', () => {
    const items = patients(50, 2);
    const sidesOf = (list: readonly AnnotatedItem[], seed: number): Map<string, string> => {
      const split = splitByGroup(list, { fractions, seed });
      return new Map(splitNames.flatMap((side) => split[side].map(({ path }) => [path, side])));
    };
    const shuffled = Array.from(counterRandom(3).permutation(items.length), (i) => items[i]);
    expect(sidesOf(shuffled, 5)).toEqual(sidesOf(items, 5));
    expect(sidesOf(items, 6)).not.toEqual(sidesOf(items, 5));
  });

  it('splits single pictures exactly, each a group of its own, of one label or of several', () => {
    const items = Array.from({ length: 100 }, (_, i) => ({ path: `${i}`, label: i % 2 }));
    const split = splitByGroup(items, { fractions, seed: 0 });
    expect(splitNames.map((side) => split[side].length)).toEqual([70, 10, 20]);
    expect(split.val.filter(({ label }) => label === 0)).toHaveLength(5);
    const several = items.map(({ path }, i) => ({ path, labels: i % 2 ? [0, 1] : [] }));
    const multi = splitByGroup(several, { fractions, seed: 0 });
    expect(multi.test.filter(({ labels }) => labels.length === 2)).toHaveLength(10);
  });

  it('names pictures without a group as it is told, so that folders may move', () => {
    const at = (root: string): AnnotatedItem[] =>
      Array.from({ length: 30 }, (_, i) => ({ path: `${root}/${i}`, label: 0 }));
    const val = (root: string): string[] =>
      splitByGroup(at(root), {
        fractions,
        seed: 0,
        nameOf: ({ path }) => path.slice(root.length),
      }).val.map(({ path }) => path.slice(root.length));
    expect(val('/a')).toEqual(val('/b/c'));
  });

  it('leaves a side without a share empty, and needs a group for each other', () => {
    const items = patients(2, 0);
    const two = splitByGroup(items, { fractions: { train: 0.5, val: 0, test: 0.5 }, seed: 0 });
    expect(two.val).toEqual([]);
    expect(two.train.length).toBeGreaterThan(0);
    expect(() => splitByGroup(items, { fractions, seed: 0 })).toThrow(
      '2 groups cannot be split into 3 parts',
    );
    const wrong = { train: 0.5, val: 0.1, test: 0.1 };
    expect(() => splitByGroup(items, { fractions: wrong, seed: 0 })).toThrow('add up to 1');
  });

  it('is quick for very many groups and classes', () => {
    const items = Array.from({ length: 50_000 }, (_, i) => ({ path: `${i}`, label: i % 1000 }));
    const start = performance.now();
    expect(splitByGroup(items, { fractions, seed: 0 }).train).toHaveLength(35_000);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
