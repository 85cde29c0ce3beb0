import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { limited, stratified } from './draw.ts';

interface Item {
  readonly path: string;
  readonly label: number;
}
const labelOf = ({ label }: Item): number => label;

const labelled = (counts: readonly number[]): Item[] =>
  counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, i) => ({ path: `${label}/${i}`, label })),
  );

describe('stratified', () => {
  it('gives every class its share to within one item, and no item twice', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        counts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (sizes, share, seed) => {
          const items = labelled(sizes);
          const count = Math.round(items.length * share);
          const chosen = stratified(items, labelOf, count, seed);
          expect(new Set(chosen).size).toBe(count);
          sizes.forEach((size, label) => {
            const got = chosen.filter((item) => item.label === label).length;
            expect(Math.abs(got - (size * count) / items.length)).toBeLessThanOrEqual(1);
          });
          expect(stratified(items, labelOf, count, seed)).toEqual(chosen);
        },
      ),
    );
  });

  it('takes other classes for another seed, where there are more of them than items', () => {
    const items = labelled(Array.from({ length: 100 }, () => 2));
    const [some, others] = [1, 2].map((seed) => stratified(items, labelOf, 30, seed).map(labelOf));
    expect(new Set(some).size).toBe(30);
    expect(new Set([...some, ...others]).size).toBeGreaterThan(40);
  });

  it('chooses others for another seed', () => {
    const items = labelled([50, 50]);
    expect(stratified(items, labelOf, 10, 1)).not.toEqual(stratified(items, labelOf, 10, 2));
  });
});

test('limited keeps the order, and every class even where one has a single picture', () => {
  const all = labelled([30, 1]);
  expect(limited(all, labelOf, 31, 0)).toBe(all);
  const items = limited(all, labelOf, 16, 0);
  expect(items).toHaveLength(16);
  expect(items.at(-1)!.label).toBe(1);
  expect(items).toEqual(all.filter((item) => items.includes(item)));
});

test('limited is quick for thousands of classes', () => {
  const counts = Array.from({ length: 5000 }, () => 20);
  const start = performance.now();
  const items = limited(labelled(counts), labelOf, 20_000, 0);
  expect(items).toHaveLength(20_000);
  expect(performance.now() - start).toBeLessThan(5000);
});

test('limited leaves no class out as long as there is room for all', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(sizes, fc.nat(50), fc.nat(), (counts, extra, seed) => {
      const items = limited(labelled(counts), labelOf, counts.length + extra, seed);
      expect(new Set(items.map(labelOf)).size).toBe(counts.length);
    }),
  );
});
