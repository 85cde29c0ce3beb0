import type { Random } from './random.ts';

/**
 * A number of the Beta(a, b) distribution, a, b > 0, in [0, 1]: the share of the first of two
 * gamma-distributed numbers. In logarithms, because for small a and b both are often too small
 * for a number.
 */
export function beta(a: number, b: number, random: Random): number {
  const first = logGamma(a, random);
  const second = logGamma(b, random);
  return 1 / (1 + Math.exp(second - first));
}

/**
 * The logarithm of a gamma-distributed number of shape a, scale 1. Marsaglia and Tsang, "A simple
 * method for generating gamma variables" (2000); for a below 1 by way of a + 1.
 */
function logGamma(a: number, random: Random): number {
  if (a < 1) return logGamma(a + 1, random) + Math.log(1 - random.uniform()) / a;
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.uniform();
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
