import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RgbImage } from '../../tensor/image.ts';
import { cropTo, editSize, paddedSize, reflectPad } from './geometry.ts';

/** A picture in which every pixel tells where it is. */
function coordinates(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([i % width, Math.floor(i / width), 7], 3 * i);
  return { width, height, data };
}

const side = fc.integer({ min: 1, max: 40 });

test('the short side becomes the edit size, and the shape stays', () => {
  expect(editSize({ width: 640, height: 480 }, 240)).toEqual({ width: 320, height: 240 });
  expect(editSize({ width: 3, height: 5 }, null)).toEqual({ width: 3, height: 5 });
  expect(editSize({ width: 32, height: 32 }, 256)).toEqual({ width: 256, height: 256 });
});

test('an oblong image never grows without bound', () => {
  expect(editSize({ width: 10_000, height: 1 }, 64)).toEqual({ width: 256, height: 1 });
  expect(editSize({ width: 100, height: 1000 }, 64)).toEqual({ width: 26, height: 256 });
});

test('padding mirrors without repeating the edge', () => {
  const padded = reflectPad(coordinates(3, 2), { width: 8, height: 4 });
  const xs = Array.from({ length: 8 }, (_, x) => padded.data[3 * x]);
  const ys = Array.from({ length: 4 }, (_, y) => padded.data[3 * 8 * y + 1]);
  expect(xs).toEqual([0, 1, 2, 1, 0, 1, 2, 1]);
  expect(ys).toEqual([0, 1, 0, 1]);
});

test('cropping undoes padding, to the next multiple or beyond', () => {
  fc.assert(
    fc.property(side, side, fc.constantFrom(1, 4, 8, 64), (width, height, multiple) => {
      const image = coordinates(width, height);
      const size = paddedSize(image, multiple);
      expect([size.width % multiple, size.height % multiple]).toEqual([0, 0]);
      expect(size.width - width).toBeLessThan(multiple);
      const padded = reflectPad(image, size);
      expect(padded).toMatchObject(size);
      expect(cropTo(padded, image)).toEqual(image);
    }),
  );
});
