import { expect, test } from 'vitest';
import { quantile, roundHalfEven } from './numeric.ts';

test('halves are rounded to even, below zero, too', () => {
  expect([0.5, 1.5, 2.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3]);
  expect([-0.5, -1.5, -2.5, -2.4, -3.5].map((x) => roundHalfEven(x) + 0)).toEqual([
    0, -2, -2, -2, -4,
  ]);
});

test('quantiles are those of numpy', () => {
  // numpy.percentile([1, 2, 4, 8], [0, 1, 50, 99, 100])
  const wanted = [1, 1.03, 3, 7.88, 8];
  [0, 0.01, 0.5, 0.99, 1].forEach((p, i) =>
    expect(quantile([1, 2, 4, 8], p)).toBeCloseTo(wanted[i], 12),
  );
  expect(quantile([7], 0.3)).toBe(7);
});
