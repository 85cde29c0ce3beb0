import { ModelLockError } from '../base/error.ts';
import { quantile } from '../base/numeric.ts';
import type { Random } from '../base/random/random.ts';
import { effectiveSize, type Clusters } from './clusters.ts';
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

/** A value that was estimated, in its interval. */
export interface Estimate extends Interval {
  readonly value: number;
}

/** The mean of values in [0, 1], in Wilson's interval for as many trials as they are worth, see `effectiveSize`. */
export function meanEstimate(values: readonly number[], clusters: Clusters): Estimate {
  const value = values.reduce((sum, one) => sum + one, 0) / values.length;
  return { value, ...wilsonInterval(value, effectiveSize(values, clusters)) };
}

/** An estimate of 95 % in its interval of another level, which is as much wider as a normal one would be. */
export function atLevel({ value, low, high }: Estimate, level: number): Estimate {
  const wider = normalQuantile((1 + level) / 2) / normalQuantile((1 + defaultLevel) / 2);
  return { value, low: value - wider * (value - low), high: value + wider * (high - value) };
}

/**
 * Newcombe's interval (1998, method 10) of a - b, from the intervals of both. Made for independent
 * samples; on the same images it is cautious, as right answers go together.
 */
export function differenceInterval(a: Estimate, b: Estimate): Interval {
  const difference = a.value - b.value;
  return {
    low: difference - Math.hypot(a.value - a.low, b.high - b.value),
    high: difference + Math.hypot(a.high - a.value, b.value - b.low),
  };
}

export interface MeanInterval extends Interval {
  readonly mean: number;
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
 * Efron's percentile intervals of several statistics, each of the same draws with replacement.
 * Clusters are drawn, with all of their samples, as many as there are.
 *
 * @param statistics given how often each of the samples was drawn, an array that it must not keep;
 *   null for what a draw does not define, such as the recall of a class that is not in it. A statistic
 *   that is null of the samples themselves has no interval.
 */
export function bootstrapEstimates(
  { count, of }: Clusters,
  statistics: (weights: Uint32Array) => Readonly<Record<string, number | null>>,
  random: Random,
  { level = defaultLevel, resamples = 2000 }: BootstrapOptions = {},
): Record<string, Estimate> {
  if (!(count > 0)) throw new ModelLockError('data', `an interval needs samples, not ${count}`);
  const weights = new Uint32Array(of.length).fill(1);
  const drawnClusters = new Uint32Array(count);
  const known = Object.entries(statistics(weights)).filter(
    (entry): entry is [string, number] => entry[1] !== null,
  );
  const drawn = new Map(known.map(([name]) => [name, [] as number[]]));
  for (let draw = 0; draw < resamples; draw++) {
    drawnClusters.fill(0);
    for (let i = 0; i < count; i++) drawnClusters[random.integer(count)] += 1;
    for (let i = 0; i < weights.length; i++) weights[i] = drawnClusters[of[i]];
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
