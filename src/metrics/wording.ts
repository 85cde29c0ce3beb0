/** A fraction as people read it: `93.9 %`. */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
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
