import { meanInterval } from '../../src/metrics/intervals.ts';
import type { Measure } from './measures.ts';

/** A measure over several runs. */
export interface Summary {
  readonly mean: number;
  /** Half the width of the mean's 95 % interval; null for a single run. */
  readonly half: number | null;
  readonly lowest: number;
  readonly highest: number;
  readonly n: number;
  /** Of the runs, how many meet the target. */
  readonly meeting: number | null;
  /** Whether the mean meets the target; null without one. */
  readonly met: boolean | null;
}

/**
 * One measure over runs, each a pair of a key and a seed. Where the measure is a difference it was
 * taken within each run, so the interval is that of paired differences. undefined where no run
 * has the measure.
 */
export function summarise<Run>(
  { of, target, once }: Measure<Run>,
  runs: readonly Run[],
): Summary | undefined {
  const counted = once ? [...new Map(runs.map((run) => [once(run), run])).values()] : runs;
  const values = counted.map((run) => of(run)).filter((value) => value !== null);
  if (values.length === 0) return undefined;
  const { mean, half } = meanOf(values);
  return {
    mean,
    half,
    lowest: Math.min(...values),
    highest: Math.max(...values),
    n: values.length,
    meeting: target ? values.filter((value) => target.holds(value)).length : null,
    met: target ? target.holds(mean) : null,
  };
}

/** Student's interval; its half width is null for a single value. */
function meanOf(values: readonly number[]): { mean: number; half: number | null } {
  if (values.length < 2) return { mean: values[0], half: null };
  const { mean, high } = meanInterval(values);
  return { mean, half: high - mean };
}
