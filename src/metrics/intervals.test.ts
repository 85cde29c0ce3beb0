import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { normalQuantile, studentCdf, studentQuantile } from './distributions.ts';
import { singles } from './clusters.ts';
import {
  atLevel,
  bootstrapEstimates,
  differenceInterval,
  meanEstimate,
  meanInterval,
  wilsonInterval,
  type Estimate,
} from './intervals.ts';

describe('distributions', () => {
  test.each([
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.5, 0],
    [0.0005, -3.2905267314919255],
  ])('the normal quantile of %d', (p, expected) => {
    expect(normalQuantile(p)).toBeCloseTo(expected, 10);
  });

  test.each([
    [1, 12.706204736432095],
    [2, 4.302652729696142],
    [8, 2.3060041350333704],
    [9, 2.2621571627409915],
    [200, 1.971896223633143],
  ])('the 97.5 % quantile of t with %d degrees of freedom', (degrees, expected) => {
    expect(studentQuantile(0.975, degrees)).toBeCloseTo(expected, 9);
    expect(studentCdf(expected, degrees)).toBeCloseTo(0.975, 10);
    expect(studentQuantile(0.025, degrees)).toBeCloseTo(-expected, 9);
  });
});

const of = (hits: number, n: number): Estimate => ({
  value: hits / n,
  ...wilsonInterval(hits / n, n),
});

describe('intervals', () => {
  test('of proportions, as Newcombe (1998) has them', () => {
    const wilson = wilsonInterval(81 / 263, 263);
    expect(wilson.low).toBeCloseTo(0.2553, 4);
    expect(wilson.high).toBeCloseTo(0.3662, 4);
    const difference = differenceInterval(of(56, 70), of(48, 80));
    expect(difference.low).toBeCloseTo(0.0524, 4);
    expect(difference.high).toBeCloseTo(0.3339, 4);
  });

  test('a proportion lies within its interval, which lies within [0, 1] and narrows with n', () => {
    const seen = fc
      .integer({ min: 1, max: 5000 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
    fc.assert(
      fc.property(seen, ([hits, n]) => {
        const { low, high } = wilsonInterval(hits / n, n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(hits / n);
        expect(high).toBeGreaterThanOrEqual(hits / n);
        expect(high).toBeLessThanOrEqual(1);
        const finer = wilsonInterval(hits / n, 4 * n);
        expect(finer.high - finer.low).toBeLessThan(high - low);
      }),
    );
  });

  test("of a mean, Student's", () => {
    // Mean 2, standard error 1 / sqrt(3), t(2) = 4.3027.
    const { mean, low, high } = meanInterval([1, 2, 3]);
    expect(mean).toBe(2);
    expect(low).toBeCloseTo(2 - 4.302652729696142 / Math.sqrt(3), 9);
    expect(high).toBeCloseTo(2 + 4.302652729696142 / Math.sqrt(3), 9);
  });

  test('of another level, as wide as a normal one', () => {
    const { low, high } = atLevel({ value: 0.5, low: 0.4, high: 0.55 }, 0.99);
    expect(low).toBeCloseTo(0.5 - (0.1 * 2.5758293) / 1.959964, 6);
    expect(high).toBeCloseTo(0.5 + (0.05 * 2.5758293) / 1.959964, 6);
  });

  test("by bootstrap, close to Student's for a mean, and the same for the same seed", () => {
    const random = counterRandom(3);
    const values = Array.from({ length: 200 }, () => random.normal());
    const mean = (weights: Uint32Array): { mean: number } => ({
      mean: values.reduce((sum, value, i) => sum + weights[i] * value, 0) / values.length,
    });
    const bootstrap = (seed: number): Estimate =>
      bootstrapEstimates(singles(values.length), mean, counterRandom(seed))['mean'];
    const student = meanInterval(values);
    expect(Math.abs(bootstrap(1).low - student.low)).toBeLessThan(0.02);
    expect(Math.abs(bootstrap(1).high - student.high)).toBeLessThan(0.02);
    expect(bootstrap(1)).toEqual(bootstrap(1));
    expect(bootstrap(1)).not.toEqual(bootstrap(2));
  });

  test('of clusters that are all alike, as of one sample of each', () => {
    const random = counterRandom(5);
    const patients = Array.from({ length: 30 }, () => Number(random.uniform() < 0.7));
    const slices = patients.flatMap((value) => Array.from({ length: 8 }, () => value));
    const clusters = { count: 30, of: slices.map((_, i) => Math.floor(i / 8)) };
    const once = meanEstimate(patients, singles(30));
    const all = meanEstimate(slices, clusters);
    expect(all.value).toBeCloseTo(once.value, 12);
    // The samples' own n is 240, of which 239 are free; the clusters' 30, of which 29 are.
    expect(all.low).toBeCloseTo(once.low, 2);
    expect(all.high).toBeCloseTo(once.high, 2);
    const share = (values: readonly number[]) => (weights: Uint32Array) => ({
      share: values.reduce((sum, value, i) => sum + weights[i] * value, 0) / values.length,
    });
    expect(bootstrapEstimates(clusters, share(slices), counterRandom(1))['share'].low).toBeCloseTo(
      bootstrapEstimates(singles(30), share(patients), counterRandom(1))['share'].low,
      12,
    );
  });

  test('of several statistics of the same draws, those that a draw does not define left out', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8];
    const weighted = (weights: Uint32Array): number =>
      values.reduce((sum, value, i) => sum + weights[i] * value, 0) / 8;
    let calls = 0;
    const statistics = (weights: Uint32Array): Record<string, number | null> => ({
      mean: weighted(weights),
      half: weights[0] > 0 ? weighted(weights) / 2 : null,
      never: null,
      once: calls++ === 0 ? 0.5 : null,
    });
    const estimates = bootstrapEstimates(singles(8), statistics, counterRandom(1), {
      resamples: 300,
    });
    expect(estimates['mean'].value).toBe(4.5);
    expect(estimates['half'].value).toBe(2.25);
    // Draws with the smallest value in them lie lower.
    expect(estimates['half'].high).toBeLessThanOrEqual(estimates['mean'].high / 2);
    expect(estimates['once']).toEqual({ value: 0.5, low: 0, high: 1 });
    expect(Object.keys(estimates)).toEqual(['mean', 'half', 'once']);
  });

  test('refuse too few values', () => {
    expect(() => meanInterval([1])).toThrow('two values or more');
    expect(() => wilsonInterval(0, 0)).toThrow('needs trials');
    expect(() => wilsonInterval(1.5, 10)).toThrow('not a proportion');
    expect(() => bootstrapEstimates(singles(0), () => ({}), counterRandom(1))).toThrow(
      'needs samples',
    );
  });
});
