import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RgbImage } from '../tensor/image.ts';
import { float32 } from '../tensor/tensor.ts';
import { imagesOf, pixelsOf, unitPixels } from './image-processor.ts';

const grey = (...levels: number[]): RgbImage => ({
  width: levels.length,
  height: 1,
  data: Uint8Array.from(levels.flatMap((level) => [level, level, level])),
});

const side = fc.integer({ min: 1, max: 6 });
const image = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): RgbImage => ({ width, height, data })),
  );

test('pictures come back from their pixels as they were', () => {
  fc.assert(
    fc.property(image, (picture) => {
      const flipped = { ...picture, data: picture.data.map((level) => 255 - level) };
      expect(imagesOf(pixelsOf([picture, flipped]))).toEqual([picture, flipped]);
    }),
  );
});

test('pixels lie in [-1, 1], colour after colour', () => {
  const picture = { width: 2, height: 1, data: Uint8Array.of(0, 51, 102, 153, 204, 255) };
  const { shape, data } = pixelsOf([picture]);
  expect(shape).toEqual([1, 3, 1, 2]);
  [-1, 0.2, -0.6, 0.6, -0.2, 1].forEach((value, i) => expect(data[i]).toBeCloseTo(value, 6));
});

test('overshoot is cut off and halves are rounded to even', () => {
  // The last two are 76.5 and 127.5 in levels.
  const values = [-1.5, 1.5, -0.4, 0];
  const pixels = float32([1, 3, 1, 4], [...values, ...values, ...values]);
  expect([...imagesOf(pixels)[0].data]).toEqual([
    0, 0, 0, 255, 255, 255, 76, 76, 76, 128, 128, 128,
  ]);
  expect([...unitPixels(pixels).data.subarray(0, 6)]).toEqual([0, 0, 0, 1, 1, 1]);
});

test('pictures of a batch have one size', () => {
  expect(() => pixelsOf([grey(1), grey(1, 2)])).toThrow('not all 1x1');
});
