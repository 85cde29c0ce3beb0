/** A source of random numbers. It is always passed in: nothing draws from a hidden one. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform among 0 .. n - 1. */
  integer(n: number): number;
  /** 0 .. n - 1 in random order. */
  permutation(n: number): Uint32Array;
}
