import { ModelLockError } from '../error.ts';

/**
 * PyTorch's CPU generator: the Mersenne Twister (MT19937) and what torch draws from it. Uniform
 * numbers, integers and short normal draws are those of torch bit for bit; long normal draws
 * within rounding, because torch has logarithms and sines of its own there.
 */
export class TorchGenerator {
  readonly #state = new Uint32Array(624);
  #place = 624;
  /** The second of a pair of normal numbers, kept for the next short draw. */
  #spare: number | undefined;

  /** @param seed an integer; its low 32 bits count, as in torch. */
  constructor(seed: number | bigint) {
    if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
      throw new ModelLockError('usage', `the seed ${seed} is not an integer`);
    }
    const state = this.#state;
    state[0] = Number(BigInt.asUintN(32, BigInt(seed)));
    for (let i = 1; i < 624; i++) {
      const s = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = Math.imul(1812433253, s) + i;
    }
  }

  /** The next 32 bits. */
  uint32(): number {
    if (this.#place === 624) this.#twist();
    let y = this.#state[this.#place++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** `torch.rand` in float32: [0, 1). */
  rand(size: number): Float32Array {
    return Float32Array.from({ length: size }, () => this.#uniform24());
  }

  /** `torch.randn` in float32. */
  randn(size: number): Float32Array {
    if (size < 16) return Float32Array.from({ length: size }, () => this.#normal());
    const values = this.rand(size);
    for (let i = 0; i + 16 <= size; i += 16) toNormals(values.subarray(i, i + 16));
    // A size that is no multiple of 16 has its last 16 values drawn anew.
    if (size % 16 !== 0) {
      const tail = values.subarray(size - 16);
      tail.set(this.rand(16));
      toNormals(tail);
    }
    return values;
  }

  /** `torch.randn` in float64. */
  randn64(size: number): Float64Array {
    if (size < 16) return Float64Array.from({ length: size }, () => this.#normal());
    const values = Float64Array.from({ length: size }, () => this.#uniform53());
    for (let i = 0; i + 16 <= size; i += 16) toNormals(values.subarray(i, i + 16));
    if (size % 16 !== 0) {
      const tail = values.subarray(size - 16);
      tail.set(Float64Array.from({ length: 16 }, () => this.#uniform53()));
      toNormals(tail);
    }
    return values;
  }

  /** `Tensor.uniform_` in float32: [low, high). Rounded once, as torch's fused multiply-add does. */
  uniform(low: number, high: number, size: number): Float32Array {
    return this.rand(size).map((u) => u * (high - low) + low);
  }

  /** `Tensor.normal_` in float32. */
  normal(mean: number, std: number, size: number): Float32Array {
    return this.randn(size).map((z) => Math.fround(z * std) + mean);
  }

  /** `Tensor.bernoulli_` in float32: 1 with probability `p`, else 0. */
  bernoulli(p: number, size: number): Float32Array {
    return this.rand(size).map((u) => (u < p ? 1 : 0));
  }

  /** `torch.randint(low, high)` for ranges below 2^32. */
  randint(low: number, high: number, size: number): number[] {
    if (!(high - low >= 1 && high - low < 2 ** 32)) {
      throw new ModelLockError('usage', `no integers to draw in [${low}, ${high})`);
    }
    return Array.from({ length: size }, () => low + (this.uint32() % (high - low)));
  }

  /** `torch.randperm`. */
  randperm(size: number): number[] {
    const order = Array.from({ length: size }, (_, i) => i);
    for (let i = 0; i < size - 1; i++) {
      const j = i + (this.uint32() % (size - i));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  #uniform24(): number {
    return (this.uint32() & 0xffffff) / 2 ** 24;
  }

  /** 53 bits from two draws, the high word first. */
  #uniform53(): number {
    const high = this.uint32();
    const low = this.uint32();
    return ((high & 0x1fffff) * 2 ** 32 + low) / 2 ** 53;
  }

  #normal(): number {
    if (this.#spare !== undefined) {
      const kept = this.#spare;
      this.#spare = undefined;
      return kept;
    }
    const u1 = this.#uniform53();
    const u2 = this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-u2));
    this.#spare = radius * Math.sin(2 * Math.PI * u1);
    return radius * Math.cos(2 * Math.PI * u1);
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < 624; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % 624] & 0x7fffffff);
      s[i] = s[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#place = 0;
  }
}

/**
 * Turns 16 uniform numbers into normal ones in place, by Box and Muller. Every intermediate result
 * has the precision of the block, as in torch.
 */
function toNormals(block: Float32Array | Float64Array): void {
  const round = block instanceof Float32Array ? Math.fround : (x: number): number => x;
  const tau = round(2 * Math.PI);
  for (let j = 0; j < 8; j++) {
    const radius = round(Math.sqrt(round(-2 * round(Math.log(round(1 - block[j]))))));
    const angle = round(tau * block[j + 8]);
    block[j] = radius * round(Math.cos(angle));
    block[j + 8] = radius * round(Math.sin(angle));
  }
}
