import type { Random } from './random.ts';

/**
 * Random numbers that are a function of a seed and a place: `counterRandom(seed, epoch, image)`
 * gives the same ones in whatever order places are visited, so that a job can be resumed anywhere.
 * The words are folded into the state of xoshiro128** by MurmurHash3's finaliser.
 */
export function counterRandom(seed: number, ...place: readonly number[]): Random {
  return fromUint32(xoshiro128(stateOf([seed, ...place])));
}

function stateOf(words: readonly number[]): Uint32Array {
  const state = Uint32Array.of(0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x85ebca6b);
  const absorb = (word: number): void => {
    for (let i = 0; i < 4; i++)
      state[i] = mix(state[i] ^ mix(word + i * 0x9e3779b9) ^ state[(i + 3) % 4]);
  };
  for (const word of words) {
    // Numbers beyond 32 bits, and negative ones, count in full.
    absorb(word >>> 0);
    absorb(Math.floor(word / 2 ** 32) >>> 0);
  }
  return state;
}

function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** xoshiro128** 1.1 of Blackman and Vigna (arXiv 1805.01407). */
function xoshiro128(s: Uint32Array): () => number {
  const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  return () => {
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  };
}

function fromUint32(next: () => number): Random {
  const uniform = (): number => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 2 ** 53;
  const integer = (n: number): number => Math.floor(uniform() * n);
  return {
    uniform,
    integer,
    // Box and Muller; one of the pair is enough, which keeps the source free of memory.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    permutation: (n) => {
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
  };
}
