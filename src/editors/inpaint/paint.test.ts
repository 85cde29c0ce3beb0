import { expect, test } from 'vitest';
import type { RgbImage } from '../../tensor/image.ts';
import { masksOf, pasted, shown } from './paint.ts';

const filled = (width: number, height: number, value: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});

/** The red channel, line by line. */
const lines = ({ width, height, data }: RgbImage): number[][] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[3 * (y * width + x)]),
  );

test('a mask is 1 in its box, each in its place of the batch', () => {
  const boxes = [
    { left: 0, top: 1, right: 2, bottom: 2 },
    { left: 2, top: 0, right: 3, bottom: 2 },
  ];
  const { shape, data } = masksOf(boxes, { width: 3, height: 2 });
  expect(shape).toEqual([2, 1, 2, 3]);
  expect([...data]).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
});

test('paint fades towards the sides of its box, but for those on the border of the picture', () => {
  const box = { left: 2, top: 0, right: 6, bottom: 2 };
  const result = pasted(filled(8, 2, 100), filled(8, 4, 200), box, 2);
  const line = [100, 100, 125, 175, 175, 125, 100, 100];
  expect(lines(result)).toEqual([line, line]);
  const whole = { left: 0, top: 0, right: 16, bottom: 16 };
  expect(pasted(filled(8, 2, 100), filled(16, 16, 200), whole, 4)).toEqual(filled(8, 2, 200));
});

test('a picture shows its box: dark around it, a white line along its inside', () => {
  const box = { left: 1, top: 0, right: 5, bottom: 3 };
  expect(lines(shown(filled(6, 4, 90), box))).toEqual([
    [30, 255, 255, 255, 255, 30],
    [30, 255, 90, 90, 255, 30],
    [30, 255, 255, 255, 255, 30],
    [30, 30, 30, 30, 30, 30],
  ]);
});
