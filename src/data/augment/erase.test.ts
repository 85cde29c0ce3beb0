import { expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { erase, erasedBoxes, type RandomErasing } from './erase.ts';

const [width, height] = [24, 20];
const options: RandomErasing = { ...erasedBoxes, probability: 1, fill: 'zero' };

/** A picture of sevens after erasing; the seed decides what. */
function erased(more: Partial<RandomErasing>, seed = 1): Float32Array {
  const picture = new Float32Array(3 * width * height).fill(7);
  erase(picture, width, height, { ...options, ...more }, counterRandom(seed));
  return picture;
}

/** Places within a plane that were written to, by plane. */
const changed = (picture: Float32Array): number[][] =>
  [0, 1, 2].map((plane) =>
    Array.from({ length: width * height }, (_, i) => i).filter(
      (i) => picture[plane * width * height + i] !== 7,
    ),
  );

test('one rectangle is erased, the same in every colour', () => {
  for (let seed = 0; seed < 50; seed++) {
    const [red, green, blue] = changed(erased({}, seed));
    expect(green).toEqual(red);
    expect(blue).toEqual(red);
    const columns = new Set(red.map((i) => i % width));
    const rows = new Set(red.map((i) => Math.floor(i / width)));
    expect(red).toHaveLength(columns.size * rows.size);
    expect(Math.max(...columns) - Math.min(...columns)).toBe(columns.size - 1);
    expect(red.length / (width * height)).toBeGreaterThan(0.01);
    expect(red.length / (width * height)).toBeLessThan(0.37);
  }
});

test('a share of the pictures is erased', () => {
  const count = Array.from({ length: 1000 }, (_, seed) => erased({ probability: 0.25 }, seed));
  const share = count.filter((picture) => changed(picture)[0].length > 0).length / count.length;
  expect(share).toBeCloseTo(0.25, 1);
  expect(changed(erased({ probability: 0 }))).toEqual([[], [], []]);
});

test('the fill is zero, or noise of its own in every pixel and colour', () => {
  const zero = erased({});
  expect(new Set(zero)).toEqual(new Set([0, 7]));
  const noise = erased({ fill: 'noise', area: [0.3, 0.3] });
  const values = changed(noise).flatMap((places, c) =>
    places.map((i) => noise[c * width * height + i]),
  );
  expect(new Set(values).size).toBe(values.length);
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.2);
  expect(Math.abs(variance - 1)).toBeLessThan(0.25);
});

test('the same random numbers erase the same', () => {
  expect(erased({ fill: 'noise' }, 5)).toEqual(erased({ fill: 'noise' }, 5));
  expect(erased({ fill: 'noise' }, 5)).not.toEqual(erased({ fill: 'noise' }, 6));
});
