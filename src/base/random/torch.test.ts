import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelLockError } from '../error.ts';
import { TorchGenerator } from './torch.ts';

/** Four decimals, as torch prints. */
const printed = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => Number(value.toFixed(4)));

test('the Mersenne Twister gives the reference numbers of its authors', () => {
  const generator = new TorchGenerator(5489);
  const first = generator.uint32();
  let last = first;
  for (let i = 1; i < 10_000; i++) last = generator.uint32();
  // What the C++ standard demands of the 10,000th number of a default mt19937.
  expect([first, last]).toEqual([3499211612, 4123659995]);
});

describe('torch.manual_seed(0)', () => {
  test('rand', () => {
    expect(printed(new TorchGenerator(0).rand(4))).toEqual([0.4963, 0.7682, 0.0885, 0.132]);
  });

  test('randn of fewer than 16 values takes pairs of doubles', () => {
    const expected = [1.541, -0.2934, -2.1788, 0.5684, -1.0845];
    expect(printed(new TorchGenerator(0).randn(5))).toEqual(expected);
  });

  test('randn of 16 values takes blocks', () => {
    const values = printed(new TorchGenerator(0).randn(16));
    expect(values.slice(0, 4)).toEqual([-1.1258, -1.1524, -0.2506, -0.4339]);
  });

  test('randn of 17 values draws the last 16 anew', () => {
    const values = printed(new TorchGenerator(0).randn(17));
    expect(values.slice(0, 2)).toEqual([-1.1258, -1.6959]);
  });

  test('uniform, normal and bernoulli are rand and randn with further arithmetic', () => {
    const draw = <T>(f: (g: TorchGenerator) => T): T => f(new TorchGenerator(0));
    expect(printed(draw((g) => g.uniform(-2, 5, 2)))).toEqual([1.4738, 3.3776]);
    expect(printed(draw((g) => g.normal(1, 0.5, 20))).slice(0, 2)).toEqual([0.4371, 0.4238]);
    expect([...draw((g) => g.bernoulli(0.3, 4))]).toEqual([0, 0, 1, 1]);
  });
});

test('the second of a pair of short draws survives long draws in between', () => {
  const together = new TorchGenerator(3).randn(2);
  const apart = new TorchGenerator(3);
  const first = apart.randn(1);
  apart.randn(64);
  expect([first[0], apart.randn(1)[0]]).toEqual([...together]);
});

test('the low 32 bits of a seed count', () => {
  const drawn = (seed: number | bigint): number => new TorchGenerator(seed).uint32();
  expect(drawn(2n ** 32n + 7n)).toBe(drawn(7));
  expect(drawn(-1)).toBe(drawn(2 ** 32 - 1));
});

test('permutations hold every number once, integers stay within their bounds', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: -50, max: 50 }),
      fc.integer({ min: 1, max: 100 }),
      (seed, size, low, range) => {
        const generator = new TorchGenerator(seed);
        const order = generator.randperm(size).sort((a, b) => a - b);
        expect(order).toEqual(Array.from({ length: size }, (_, i) => i));
        for (const value of generator.randint(low, low + range, size)) {
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThan(low + range);
        }
      },
    ),
  );
});

test('normal draws have mean 0 and variance 1, in either precision', () => {
  const generator = new TorchGenerator(1);
  for (const drawn of [generator.randn(20_001), generator.randn64(20_001)]) {
    const values = Array.from(drawn);
    const mean = values.reduce((sum, z) => sum + z, 0) / values.length;
    const square = values.reduce((sum, z) => sum + z * z, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(square - 1)).toBeLessThan(0.05);
  }
});

test('seeds that are no integers and empty ranges are refused', () => {
  expect(() => new TorchGenerator(0.5)).toThrow(ModelLockError);
  expect(() => new TorchGenerator(0).randint(3, 3, 1)).toThrow(ModelLockError);
});
