import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float32ToHalf,
  fromHalfBits,
  halfToFloat32,
  toHalfBits,
} from './half.ts';

const bits = Array.from({ length: 65536 }, (_, i) => i);
const isHalfNaN = (i: number): boolean => (i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0;

describe('float16', () => {
  it('comes back from its value, for all bits', () => {
    const numbers = bits.filter((i) => !isHalfNaN(i));
    expect(numbers.map((i) => toHalfBits(fromHalfBits(i)))).toEqual(numbers);
    expect(bits.filter(isHalfNaN).every((i) => Number.isNaN(fromHalfBits(i)))).toBe(true);
    expect(isHalfNaN(toHalfBits(NaN))).toBe(true);
  });

  it.each([
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [1 / 3, 0x3555],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [Infinity, 0x7c00],
    // Half way to what would be 65536: infinity; just below: the largest number.
    [65520, 0x7c00],
    [65519, 0x7bff],
    // Half of the smallest number is a tie, which goes to the even zero; a little more is not.
    [2 ** -25, 0],
    [2 ** -25 * 1.001, 1],
    // Ties between 1 and its successors go to the even one.
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ])('has %d as its bits', (value, expected) => {
    expect(toHalfBits(value)).toBe(expected);
  });

  it('is the nearest of its neighbours', () => {
    const value = fc.float({ min: -65504, max: 65504, noNaN: true });
    fc.assert(
      fc.property(value, (x) => {
        const half = toHalfBits(x);
        const error = Math.abs(fromHalfBits(half) - x);
        for (const neighbour of [half - 1, half + 1]) {
          if (neighbour < 0 || (neighbour & 0x7c00) === 0x7c00) continue;
          expect(error).toBeLessThanOrEqual(Math.abs(fromHalfBits(neighbour) - x));
        }
      }),
    );
  });

  it('converts arrays as it converts numbers', () => {
    const halves = Uint16Array.from(bits);
    expect(halfToFloat32(halves)).toEqual(Float32Array.from(bits, fromHalfBits));
    expect(float32ToHalf(Float32Array.of(1, -2, 65504))).toEqual(
      Uint16Array.of(0x3c00, 0xc000, 0x7bff),
    );
  });
});

describe('bfloat16', () => {
  it.each([
    [1, 0x3f80],
    [-3.140625, 0xc049],
    [Infinity, 0x7f80],
    [NaN, 0x7fc0],
  ])('is %d where its bits are %i', (value, half) => {
    expect([...bfloat16ToFloat32(Uint16Array.of(half))]).toEqual([value]);
  });

  it('is the upper half of a float32', () => {
    const values = bfloat16ToFloat32(Uint16Array.from(bits));
    expect(new Uint32Array(values.buffer)).toEqual(Uint32Array.from(bits, (half) => half << 16));
  });
});
