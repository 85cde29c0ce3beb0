/** A stream of numbers; randomness is always passed in. */
export type Random = () => number;

/** Uniform numbers in [0, 1) from a 32-bit seed (SplitMix32: the same on every machine). */
export function uniform(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Numbers of N(0, 1), by Box and Muller's transform. */
export function gaussian(seed: number): Random {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}
