import type { Interval } from './intervals.ts';

/** A fraction as people read it: `93.9 %`. */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** The ends of an interval of fractions, in percent: `91.2 – 95.8`. */
export function percentRange({ low, high }: Interval): string {
  return `${(100 * low).toFixed(1)} – ${(100 * high).toFixed(1)}`;
}

/** A difference of two fractions, without its sign: `3.1 points`. */
export function points(difference: number): string {
  return `${(100 * Math.abs(difference)).toFixed(1)} points`;
}

const metricNames: Readonly<Record<string, string>> = {
  map: 'mAP',
  miou: 'mIoU',
};

/** The name of a score within a sentence. */
export function metricName(metric: string): string {
  return metricNames[metric] ?? metric;
}
