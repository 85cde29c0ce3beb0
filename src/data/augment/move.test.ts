import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { drawMove, moved } from './move.ts';

/** A row of pixels by their red values; green and blue tell the channels apart. */
const row = (...reds: number[]): Uint8Array =>
  Uint8Array.from(reds.flatMap((red) => [red, red + 100, red + 200]));

test('moved shifts, and mirrors what comes in', () => {
  const source = row(0, 1, 2, 3);
  const still = { dx: 0, dy: 0, flip: false };
  expect(moved(source, 4, 1, still)).toBe(source);
  expect(moved(source, 4, 1, { ...still, dx: 1 })).toEqual(row(1, 2, 3, 2));
  expect(moved(source, 4, 1, { ...still, dx: -2 })).toEqual(row(2, 1, 0, 1));
  expect(moved(source, 4, 1, { ...still, flip: true })).toEqual(row(3, 2, 1, 0));
  expect(moved(source, 1, 4, { ...still, dy: 1 })).toEqual(row(1, 2, 3, 2));
  expect(source).toEqual(row(0, 1, 2, 3));
});

const side = fc.integer({ min: 1, max: 9 });

test('every pixel of a moved picture is one of the picture', () => {
  const options = fc.record({
    shift: fc.double({ min: 0, max: 1, noNaN: true }),
    flip: fc.boolean(),
  });
  fc.assert(
    fc.property(side, side, options, fc.nat(), (width, height, augment, seed) => {
      const source = row(...Array.from({ length: width * height }, (_, i) => i + 1));
      const move = drawMove(width, height, augment, counterRandom(seed));
      const pixels = new Set(moved(source, width, height, move).filter((_, i) => i % 3 === 0));
      expect(Math.min(...pixels)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...pixels)).toBeLessThanOrEqual(width * height);
    }),
  );
});

test('drawMove reaches every shift within its share, and flips half of the pictures', () => {
  const random = counterRandom(1);
  const moves = Array.from({ length: 2000 }, () =>
    drawMove(32, 8, { shift: 0.125, flip: true }, random),
  );
  const range = (values: number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  expect(range(moves.map(({ dx }) => dx))).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4]);
  expect(range(moves.map(({ dy }) => dy))).toEqual([-1, 0, 1]);
  const flipped = moves.filter(({ flip }) => flip).length;
  expect(Math.abs(flipped - 1000)).toBeLessThan(150);
  expect(drawMove(32, 8, { shift: 0, flip: false }, random)).toEqual({ dx: 0, dy: 0, flip: false });
});
