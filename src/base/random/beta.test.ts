import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { beta } from './beta.ts';
import { counterRandom } from './counter.ts';

const drawn = (a: number, b: number, count = 20_000): number[] => {
  const random = counterRandom(3);
  return Array.from({ length: count }, () => beta(a, b, random));
};
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test.each([
  [0.8, 0.8],
  [1, 1],
  [0.2, 0.5],
  [4, 2],
])('Beta(%f, %f) has its mean and variance', (a, b) => {
  const values = drawn(a, b);
  const expected = a / (a + b);
  const variance = (a * b) / ((a + b) ** 2 * (a + b + 1));
  expect(mean(values)).toBeCloseTo(expected, 2);
  expect(mean(values.map((value) => (value - expected) ** 2))).toBeCloseTo(variance, 2);
});

test('Beta(1, 1) is uniform', () => {
  const values = drawn(1, 1);
  for (let tenth = 1; tenth < 10; tenth++) {
    const share = values.filter((value) => value < tenth / 10).length / values.length;
    expect(Math.abs(share - tenth / 10)).toBeLessThan(0.015);
  }
});

test('every draw is a number in [0, 1], however small or large the parameters', () => {
  const parameter = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(parameter, parameter, fc.nat(), (a, b, seed) => {
      const value = beta(a, b, counterRandom(seed));
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    }),
  );
});
