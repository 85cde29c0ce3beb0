import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../tensor/image.ts';
import { resamplingByNumber, resizeImage } from './resize.ts';

const side = fc.integer({ min: 1, max: 12 });
const filter = fc.constantFrom(...resamplingByNumber);
const image = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): RgbImage => ({ width, height, data })),
  );

/** A picture of one row from its red values; green is the complement, blue is 7. */
const row = (...reds: number[]): RgbImage => ({
  width: reds.length,
  height: 1,
  data: Uint8Array.from(reds.flatMap((red) => [red, 255 - red, 7])),
});
const reds = ({ data }: RgbImage): number[] => Array.from(data).filter((_, i) => i % 3 === 0);

function mirrored({ width, height, data }: RgbImage): RgbImage {
  const from = (i: number): number => {
    const x = Math.floor(i / 3) % width;
    return i + 3 * (width - 1 - 2 * x);
  };
  return { width, height, data: data.map((_, i) => data[from(i)]) };
}

function transposed({ width, height, data }: RgbImage): RgbImage {
  const target = new Uint8Array(data.length);
  for (let i = 0; i < width * height; i++) {
    const to = (i % width) * height + Math.floor(i / width);
    target.set(data.subarray(3 * i, 3 * i + 3), 3 * to);
  }
  return { width: height, height: width, data: target };
}

describe('resizeImage', () => {
  it('gives the size that was asked for, and the picture itself at its own size', () => {
    fc.assert(
      fc.property(image, side, side, filter, (source, width, height, resampling) => {
        const resized = resizeImage(source, width, height, resampling);
        expect([resized.width, resized.height]).toEqual([width, height]);
        expect(resized.data).toHaveLength(width * height * 3);
        expect(resizeImage(source, source.width, source.height, resampling)).toBe(source);
      }),
    );
  });

  it('keeps a picture of one colour', () => {
    const colour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(
        colour,
        side,
        side,
        side,
        side,
        filter,
        (rgb, w, h, width, height, resampling) => {
          const data = Uint8Array.from({ length: w * h * 3 }, (_, i) => rgb[i % 3]);
          const resized = resizeImage({ width: w, height: h, data }, width, height, resampling);
          expect(resized.data.every((value, i) => value === rgb[i % 3])).toBe(true);
        },
      ),
    );
  });

  it('stays within the darkest and the brightest value where weights are not negative', () => {
    const positive = fc.constantFrom('nearest', 'box', 'bilinear', 'hamming');
    fc.assert(
      fc.property(image, side, side, positive, (source, width, height, resampling) => {
        const resized = resizeImage(source, width, height, resampling).data;
        expect(Math.min(...resized)).toBeGreaterThanOrEqual(Math.min(...source.data));
        expect(Math.max(...resized)).toBeLessThanOrEqual(Math.max(...source.data));
      }),
    );
  });

  it('treats left and right alike', () => {
    const even = fc.constantFrom('bilinear', 'hamming', 'bicubic');
    fc.assert(
      fc.property(image, side, even, (source, width, resampling) => {
        const direct = resizeImage(mirrored(source), width, source.height, resampling).data;
        const after = mirrored(resizeImage(source, width, source.height, resampling)).data;
        // The two halves of a fixed-point weight may round apart.
        direct.forEach((value, i) => expect(Math.abs(value - after[i])).toBeLessThanOrEqual(1));
      }),
    );
  });

  it('treats rows and columns alike', () => {
    fc.assert(
      fc.property(image, side, filter, (source, width, resampling) => {
        const { height } = source;
        expect(transposed(resizeImage(source, width, height, resampling))).toEqual(
          resizeImage(transposed(source), height, width, resampling),
        );
      }),
    );
  });

  it.each([
    ['nearest', [10, 20, 30, 40], 2, [20, 40]],
    ['box', [10, 20, 30, 40], 2, [15, 35]],
    // The triangle reaches two source pixels to each side: (3 * 10 + 3 * 20 + 30) / 7.
    ['bilinear', [10, 20, 30, 40], 2, [17, 33]],
    ['bilinear', [0, 100], 4, [0, 25, 75, 100]],
    ['bicubic', [0, 255], 4, [0, 53, 202, 255]],
  ] as const)('%s takes %j to %i pixels: %j', (resampling, from, width, to) => {
    expect(reds(resizeImage(row(...from), width, 1, resampling))).toEqual([...to]);
  });
});
