import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Buckets } from './buckets.ts';

interface Item {
  readonly id: number;
  readonly shape: string;
}

const arrivals = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 60 })
  .map((shapes) => shapes.map((shape, id): Item => ({ id, shape })));

test('every item comes out once, with its like, in order, in batches no larger than full', () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 5 }), (items, most) => {
      const buckets = new Buckets<Item>(most);
      const batches: Item[][] = [];
      let held = 0;
      for (const item of items) {
        held += 1;
        for (const batch of buckets.add(item, { shape: item.shape, size: 4 })) {
          batches.push(batch);
          held -= batch.length;
        }
        expect(held).toBeLessThanOrEqual(4 * most);
      }
      batches.push(...buckets.drain());
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(4);
        expect(new Set(batch.map((item) => item.shape)).size).toBe(1);
      }
      const inShapes = (all: readonly Item[]): Item[] =>
        [...all].sort((a, b) => a.shape.localeCompare(b.shape));
      expect(inShapes(batches.flat())).toEqual(inShapes(items));
    }),
  );
});

test('a full batch leaves at once, the rest when drained', () => {
  const buckets = new Buckets<number>(100);
  const shape = { shape: 'x', size: 2 };
  expect([...buckets.add(1, shape)]).toEqual([]);
  expect([...buckets.add(2, shape)]).toEqual([[1, 2]]);
  expect([...buckets.add(3, shape)]).toEqual([]);
  expect([...buckets.drain()]).toEqual([[3]]);
  expect([...buckets.drain()]).toEqual([]);
});

test('when too much waits, the fullest batch goes first', () => {
  const buckets = new Buckets<string>(1);
  expect([...buckets.add('small', { shape: 's', size: 9 })]).toEqual([]);
  for (const id of ['a', 'b']) expect([...buckets.add(id, { shape: 'l', size: 4 })]).toEqual([]);
  expect([...buckets.add('c', { shape: 'l', size: 4 })]).toEqual([]);
  expect([...buckets.add('other', { shape: 'm', size: 2 })]).toEqual([['a', 'b', 'c']]);
});
