import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import type { RgbImage } from '../tensor/image.ts';
import { chaffClasses, coarseColours } from './chaff.ts';

function noise(seed: number, width = 9, height = 7): RgbImage {
  const random = counterRandom(seed);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  return { width, height, data };
}

/** Chaff classes of pictures of noise with these labels. */
function chaff(labels: readonly number[], classes: number, seed = 1): number[] {
  const colours = labels.map((_, i) => coarseColours(noise(i)));
  return chaffClasses(colours, labels, classes, counterRandom(seed));
}

describe('chaffClasses', () => {
  it('gives every class equally often within each true class', () => {
    const labelled = fc
      .integer({ min: 2, max: 5 })
      .chain((classes) =>
        fc.tuple(fc.constant(classes), fc.array(fc.nat(classes - 1), { maxLength: 40 })),
      );
    fc.assert(
      fc.property(labelled, ([classes, labels]) => {
        const given = chaff(labels, classes);
        for (let label = 0; label < classes; label++) {
          const own = given.filter((_, i) => labels[i] === label);
          const counts = Array.from(
            { length: classes },
            (_, c) => own.filter((x) => x === c).length,
          );
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
          expect(counts.reduce((a, b) => a + b, 0)).toBe(own.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('depends on the seed, and on nothing but seed and colours', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 3);
    expect(chaff(labels, 3)).toEqual(chaff(labels, 3));
    expect(chaff(labels, 3)).not.toEqual(chaff(labels, 3, 2));
  });

  it('is a function that a network can learn: like pictures mostly have the same class', () => {
    const labels = Array.from({ length: 80 }, () => 0);
    const colours = labels.map((_, i) => coarseColours(noise(i)));
    const twins = [...colours, ...colours.map((colour) => colour.map((x) => x * 1.01))];
    const given = chaffClasses(twins, [...labels, ...labels], 4, counterRandom(1));
    const agreeing = labels.filter((_, i) => given[i] === given[i + 80]).length;
    expect(agreeing).toBeGreaterThan(70);
  });
});

describe('coarseColours', () => {
  it('is the same for a mirrored picture of any size', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, (columns, rows) => {
        const { width, height, data } = noise(3, columns, rows);
        const mirrored = data.map((_, i) => {
          const x = Math.floor(i / 3) % width;
          return data[i + 3 * (width - 1 - 2 * x)];
        });
        expect(coarseColours({ width, height, data: mirrored })).toEqual(
          coarseColours({ width, height, data }),
        );
      }),
    );
  });

  it('is standardised, so that light and contrast do not count', () => {
    const picture = noise(4, 8, 8);
    const pale = { ...picture, data: picture.data.map((value) => 64 + Math.floor(value / 2)) };
    const [own, paler] = [picture, pale].map(coarseColours);
    expect(own.reduce((a, b) => a + b, 0) / own.length).toBeCloseTo(0, 5);
    own.forEach((value, i) => expect(Math.abs(value - paler[i])).toBeLessThan(0.2));
  });

  it('is finite for a picture of one colour', () => {
    const flat = { width: 4, height: 4, data: new Uint8Array(48).fill(9) };
    expect(coarseColours(flat).every(Number.isFinite)).toBe(true);
  });
});
