import { ModelLockError } from '../base/error.ts';
import type { Random } from '../base/random/random.ts';
import { requireSameLength } from './confusion.ts';
import { normalQuantile, studentQuantile } from './distributions.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How sure an interval is, in (0, 1). */
export const defaultLevel = 0.95;

/**
 * Wilson's score interval (1927) of a proportion seen in n trials; it keeps its level near 0 and 1
 * and for small n. Of a mean of values in [0, 1] it is a cautious interval: no variance is larger
 * than that of zeros and ones.
 */
export function wilsonInterval(proportion: number, n: number, level = defaultLevel): Interval {
  if (!(n > 0)) throw new ModelLockError('data', `an interval needs trials, not ${n}`);
  if (!(proportion >= 0 && proportion <= 1)) {
    throw new ModelLockError('data', `${proportion} is not a proportion`);
  }
  const z = normalQuantile(1 - (1 - level) / 2);
  const z2n = (z * z) / n;
  const centre = (proportion + z2n / 2) / (1 + z2n);
  const half =
    (z / (1 + z2n)) * Math.sqrt((proportion * (1 - proportion)) / n + (z * z) / (4 * n * n));
  // The ends are exact at 0 and 1, where rounding would miss them.
  return {
    low: proportion === 0 ? 0 : Math.max(0, centre - half),
    high: proportion === 1 ? 1 : Math.min(1, centre + half),
  };
}

/** A proportion and the number of trials it was seen in. */
export interface Proportion {
  readonly value: number;
  readonly n: number;
}

/**
 * Newcombe's interval (1998, method 10) of a - b, from the two Wilson intervals. Made for
 * independent samples; on the same images it is cautious, as right answers go together.
 */
export function differenceInterval(a: Proportion, b: Proportion, level = defaultLevel): Interval {
  const [ofA, ofB] = [a, b].map(({ value, n }) => wilsonInterval(value, n, level));
  const difference = a.value - b.value;
  return {
    low: difference - Math.hypot(a.value - ofA.low, ofB.high - b.value),
    high: difference + Math.hypot(ofA.high - a.value, b.value - ofB.low),
  };
}

export interface MeanInterval extends Interval {
  readonly mean: number;
}

/**
 * Student's interval of the mean of the differences a[i] - b[i], pairs being, say, two methods with
 * the same seed. Throws `data` for fewer than two pairs.
 */
export function pairedInterval(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  level = defaultLevel,
): MeanInterval {
  requireSameLength(a, b);
  return meanInterval(
    Array.from(a, (value, i) => value - b[i]),
    level,
  );
}

/** Student's interval of a mean. Throws `data` for fewer than two values. */
export function meanInterval(values: readonly number[], level = defaultLevel): MeanInterval {
  const n = values.length;
  if (n < 2) throw new ModelLockError('data', `an interval needs two values or more, not ${n}`);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile(1 - (1 - level) / 2, n - 1) * Math.sqrt(variance / n);
  return { mean, low: mean - half, high: mean + half };
}

export interface BootstrapOptions {
  readonly level?: number;
  readonly resamples?: number;
}

/**
 * Efron's percentile interval: `statistic` of samples drawn with replacement, as many as there are.
 *
 * @param statistic given the drawn samples' indices, each in 0 .. n - 1; it must not keep the array.
 */
export function bootstrapInterval(
  n: number,
  statistic: (drawn: Uint32Array) => number,
  random: Random,
  { level = defaultLevel, resamples = 2000 }: BootstrapOptions = {},
): Interval {
  if (!(n > 0)) throw new ModelLockError('data', `an interval needs samples, not ${n}`);
  const drawn = new Uint32Array(n);
  const values = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < n; i++) drawn[i] = random.integer(n);
    return statistic(drawn);
  }).sort();
  const tail = (1 - level) / 2;
  return { low: quantile(values, tail), high: quantile(values, 1 - tail) };
}

/** A value that was estimated, in its interval. */
export interface Estimate extends Interval {
  readonly value: number;
}

/**
 * Efron's percentile intervals of several statistics, each of the same draws.
 *
 * @param statistics given how often each of the n samples was drawn, an array that it must not keep;
 *   null for what a draw does not define, such as the recall of a class that is not in it. A statistic
 *   that is null of the samples themselves has no interval.
 */
export function bootstrapEstimates(
  n: number,
  statistics: (weights: Uint32Array) => Readonly<Record<string, number | null>>,
  random: Random,
  { level = defaultLevel, resamples = 2000 }: BootstrapOptions = {},
): Record<string, Estimate> {
  if (!(n > 0)) throw new ModelLockError('data', `an interval needs samples, not ${n}`);
  const weights = new Uint32Array(n).fill(1);
  const known = Object.entries(statistics(weights)).filter(
    (entry): entry is [string, number] => entry[1] !== null,
  );
  const drawn = new Map(known.map(([name]) => [name, [] as number[]]));
  for (let draw = 0; draw < resamples; draw++) {
    weights.fill(0);
    for (let i = 0; i < n; i++) weights[random.integer(n)] += 1;
    const values = statistics(weights);
    for (const [name, list] of drawn) {
      const value = values[name];
      if (value !== null) list.push(value);
    }
  }
  const tail = (1 - level) / 2;
  return Object.fromEntries(
    known.map(([name, value]) => {
      const values = Float64Array.from(drawn.get(name)!).sort();
      // What no draw defines could be anything.
      if (values.length === 0) return [name, { value, low: 0, high: 1 }];
      return [name, { value, low: quantile(values, tail), high: quantile(values, 1 - tail) }];
    }),
  );
}

/** A quantile of ascending values, interpolated linearly between the two nearest. */
function quantile(ascending: Float64Array, p: number): number {
  const place = p * (ascending.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (place - below) * (ascending[above] - ascending[below]);
}
