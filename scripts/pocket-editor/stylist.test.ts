import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { counterRandom } from '../../src/base/random/counter.ts';
import { paletteOf, setPalette } from './palette.ts';
import { STYLE_SIZE } from './style.ts';
import { stylise } from './stylist.ts';

const SIZE = 32;
const COUNT = 3 * SIZE * SIZE;

/** A smooth random picture, `[3, SIZE, SIZE]`. */
function picture(seed: number): Float32Array {
  const random = counterRandom(seed);
  const [a, b, c, d] = Array.from({ length: 4 }, () => random.normal() / 5);
  return Float32Array.from({ length: COUNT }, (_, i) => {
    const [x, y] = [i % SIZE, Math.floor(i / SIZE) % SIZE];
    const channel = Math.floor(i / SIZE ** 2);
    return 0.5 + 0.3 * Math.sin(a * x + b * y + channel * c) + 0.2 * Math.sin(d * x * y);
  });
}

function style(seed: number): Float32Array {
  const random = counterRandom(seed);
  return Float32Array.from({ length: STYLE_SIZE }, () => random.normal());
}

function redrawn(image: Float32Array, how: Float32Array): Float32Array {
  const out = new Float32Array(COUNT);
  stylise(image, SIZE, SIZE, how, out);
  return out;
}

const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;

test('stays between black and white', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (a, b) =>
      redrawn(picture(a), style(b)).every((x) => x >= 0 && x <= 1),
    ),
    { numRuns: 30 },
  );
});

test('a little more style changes a picture a little', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (a, b) => {
      const [from, towards] = [style(b), style(b + 1)];
      const near = from.map((x, i) => x + 0.01 * towards[i]);
      const [one, two] = [redrawn(picture(a), from), redrawn(picture(a), near)];
      const moved = Math.sqrt(mean(one.map((x, i) => (x - two[i]) ** 2)));
      return moved < 0.02;
    }),
    { numRuns: 30 },
  );
});

test('knows no places: a shifted picture comes out shifted', () => {
  const [image, how] = [picture(1), style(2)];
  const shifted = image.map((_, i) => image[i % SIZE === SIZE - 1 ? i : i + 1]);
  const [out, outShifted] = [redrawn(image, how), redrawn(shifted, how)];
  for (let y = 10; y < SIZE - 10; y++) {
    for (let x = 10; x < SIZE - 10; x++) {
      expect(outShifted[y * SIZE + x]).toBeCloseTo(out[y * SIZE + x + 1], 5);
    }
  }
});

test('a palette written as colours comes back', () => {
  const how = new Float32Array(STYLE_SIZE);
  setPalette(how, ['#102030', '#405060', '#a0b0c0', '#ffffff']);
  const [shadow] = paletteOf(how);
  expect(shadow.brightness * 255).toBeCloseTo(0x20, 4);
  expect((shadow.brightness + shadow.warmth - shadow.tint / 2) * 255).toBeCloseTo(0x10, 4);
});
