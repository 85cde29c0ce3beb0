import { expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import type { RgbImage } from '../../tensor/image.ts';
import { drawCrop, inceptionCrop, resizedCrop } from './crop.ts';

/** Every pixel says where it was. */
const picture: RgbImage = {
  width: 8,
  height: 6,
  data: Uint8Array.from({ length: 8 * 6 * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [10 * (pixel % 8), 10 * Math.floor(pixel / 8), 100][i % 3];
  }),
};

test('a crop is resized to the size of the whole', () => {
  const all = { left: 0, top: 0, width: 8, height: 6 };
  expect(resizedCrop(picture, all, 'bicubic')).toEqual(picture);
  const quarter = resizedCrop(picture, { left: 4, top: 3, width: 4, height: 3 }, 'nearest');
  expect(quarter).toMatchObject({ width: 8, height: 6 });
  const reds = Array.from({ length: 8 }, (_, x) => quarter.data[x * 3]);
  expect(reds).toEqual([40, 40, 50, 50, 60, 60, 70, 70]);
  const greens = Array.from({ length: 6 }, (_, y) => quarter.data[y * 8 * 3 + 1]);
  expect(greens).toEqual([30, 30, 40, 40, 50, 50]);
});

test('crops are drawn as Inception’s: 8 to 100 % of the area', () => {
  const random = counterRandom(2);
  const areas = Array.from({ length: 3000 }, () => {
    const { width, height } = drawCrop(200, 200, inceptionCrop, random);
    expect(width / height).toBeGreaterThan(0.73);
    expect(width / height).toBeLessThan(1.37);
    return (width * height) / 200 ** 2;
  });
  expect(Math.min(...areas)).toBeGreaterThan(0.07);
  expect(Math.max(...areas)).toBeLessThanOrEqual(1);
  // Uniform, but for large ones of an aspect that does not fit.
  expect(areas.filter((area) => area < 0.45).length / areas.length).toBeCloseTo(0.43, 1);
});

test('where no crop fits, the middle of the picture is taken, of the nearest aspect', () => {
  const random = counterRandom(3);
  expect(drawCrop(100, 10, { area: [1, 1], aspect: [0.5, 2] }, random)).toEqual({
    left: 40,
    top: 0,
    width: 20,
    height: 10,
  });
  expect(drawCrop(10, 100, { area: [1, 1], aspect: [0.5, 2] }, random)).toEqual({
    left: 0,
    top: 40,
    width: 10,
    height: 20,
  });
});
