/** The probability that a standard normal is at most `x`. Marsaglia (2004), to 1e-15. */
export function normalCdf(x: number): number {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + sum * (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI));
}

/** The value that a standard normal exceeds with probability 1 - p. */
export function normalQuantile(p: number): number {
  return invert(normalCdf, p, 8);
}

/**
 * The probability that Student's t with a whole number of degrees of freedom is at most `t`:
 * the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4.
 */
export function studentCdf(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(theta);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = 0;
  for (let k = odd ? 1 : 0; k <= degrees - 2; k += 2) {
    sum += term;
    term *= (cosine * cosine * (k + 1)) / (k + 2);
  }
  const inside = Math.sin(theta) * sum;
  const symmetric = odd ? (2 / Math.PI) * (theta + inside) : inside; // P(|T| <= t), signed
  return 0.5 + symmetric / 2;
}

/** The value that Student's t exceeds with probability 1 - p. */
export function studentQuantile(p: number, degrees: number): number {
  let bound = 8;
  while (studentCdf(bound, degrees) < Math.max(p, 1 - p)) bound *= 2;
  return invert((t) => studentCdf(t, degrees), p, bound);
}

/** Bisects an ascending function on [-bound, bound]. */
function invert(cdf: (x: number) => number, p: number, bound: number): number {
  let [low, high] = [-bound, bound];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (cdf(middle) < p) low = middle;
    else high = middle;
  }
}
