import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clustersOf, effectiveSize, selectClusters, singles } from './clusters.ts';

test('samples of a group are a cluster, and each of the others is one of its own', () => {
  expect(clustersOf(['a', undefined, 'b', 'a', undefined])).toEqual({
    count: 4,
    of: [0, 1, 2, 0, 3],
  });
  expect(clustersOf([])).toEqual({ count: 0, of: [] });
});

test('some of the samples keep their clusters, numbered anew', () => {
  expect(selectClusters({ count: 3, of: [0, 1, 1, 2] }, [3, 1, 3, 2])).toEqual({
    count: 2,
    of: [0, 1, 0, 1],
  });
});

test('by Kish: n of single samples, the number of clusters that are alike inside', () => {
  expect(effectiveSize([0, 1, 1, 0, 1], singles(5))).toBe(5);
  const alike = [1, 1, 0, 0, 1, 1, 0, 0];
  const of = [0, 0, 1, 1, 2, 2, 3, 3];
  // The design effect is 2 · (1 - 1 / 8) / (1 - 1 / 4).
  expect(effectiveSize(alike, { count: 4, of })).toBeCloseTo((8 * 6) / 14, 12);
  // Clusters that differ as little as they can tell no more than n samples.
  expect(effectiveSize([1, 0, 1, 0, 1, 0, 1, 0], { count: 4, of })).toBe(8);
  expect(effectiveSize([1, 1, 1, 1], { count: 2, of: [0, 0, 1, 1] })).toBe(2);
  expect(effectiveSize([1, 0, 1, 1], { count: 1, of: [0, 0, 0, 0] })).toBe(1);
});

test('it lies between 1 and n', () => {
  const sample = fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 6 }));
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 60 }), (samples) => {
      const clusters = clustersOf(samples.map(([, group]) => `${group}`));
      const size = effectiveSize(
        samples.map(([value]) => value),
        clusters,
      );
      expect(size).toBeGreaterThanOrEqual(1);
      expect(size).toBeLessThanOrEqual(samples.length);
    }),
  );
});
