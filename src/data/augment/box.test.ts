import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { drawBox } from './box.ts';
import { erasedBoxes } from './erase.ts';

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test('a box lies within its picture', () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(side, side, fc.nat(), (width, height, seed) => {
      const box = drawBox(width, height, erasedBoxes, counterRandom(seed));
      if (!box) return;
      expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(1);
      expect(box.left + box.width).toBeLessThanOrEqual(width);
      expect(box.top + box.height).toBeLessThanOrEqual(height);
    }),
  );
});

test('areas and aspects are drawn from their ranges, evenly; places from all that fit', () => {
  const random = counterRandom(1);
  const ranges = { area: [0.1, 0.3], aspect: [0.5, 2] } as const;
  const boxes = Array.from({ length: 4000 }, () => drawBox(400, 200, ranges, random)!);
  const areas = boxes.map(({ width, height }) => (width * height) / (400 * 200));
  const aspects = boxes.map(({ width, height }) => Math.log2(width / height));
  for (const [values, low, high] of [
    [areas, 0.1, 0.3],
    [aspects, -1, 1],
  ] as const) {
    expect(Math.min(...values)).toBeGreaterThan(low - 0.03);
    expect(Math.max(...values)).toBeLessThan(high + 0.03);
    expect(mean(values)).toBeCloseTo((low + high) / 2, 1);
    const middle = values.filter((v) => Math.abs(v - (low + high) / 2) < (high - low) / 4).length;
    expect(middle / values.length).toBeCloseTo(0.5, 1);
  }
  const room = boxes.map(({ left, width }) => left / (400 - width));
  expect(mean(room)).toBeCloseTo(0.5, 1);
  expect([Math.min(...room), Math.max(...room)]).toEqual([0, 1]);
});

test('there is none where none fits', () => {
  const ranges = { area: [1, 1], aspect: [4, 4] } as const;
  expect(drawBox(10, 10, ranges, counterRandom(1))).toBeUndefined();
});
