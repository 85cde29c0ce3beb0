import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { blendRows, drawMix, exchangeBox, partnersWithin, type Mix, type Mixing } from './mix.ts';

const mae: Mixing = { mixup: 0.8, cutmix: 1, probability: 1, switchProbability: 0.5 };
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const drawn = (options: Partial<Mixing>, count = 4000): (Mix | undefined)[] =>
  Array.from({ length: count }, (_, step) =>
    drawMix({ ...mae, ...options }, 32, 24, counterRandom(4, step)),
  );
const isCut = (mix: Mix | undefined): boolean => mix?.box !== undefined;

describe('drawMix', () => {
  it('cuts half of the batches, blends the others', () => {
    const mixes = drawn({});
    expect(mixes.every((mix) => mix !== undefined)).toBe(true);
    expect(mixes.filter(isCut).length / mixes.length).toBeCloseTo(0.5, 1);
  });

  it('blends by Beta(alpha, alpha)', () => {
    const lambdas = drawn({ cutmix: 0 }).map((mix) => mix!.lambda);
    expect(mean(lambdas)).toBeCloseTo(0.5, 1);
    // The variance of Beta(a, a) is 1 / (8 a + 4).
    expect(mean(lambdas.map((x) => (x - 0.5) ** 2))).toBeCloseTo(1 / (8 * 0.8 + 4), 2);
  });

  it('keeps the share of a picture that its box leaves', () => {
    for (const { lambda, box } of drawn({ mixup: 0 }) as Required<Mix>[]) {
      expect(lambda).toBeCloseTo(1 - (box.width * box.height) / (32 * 24), 12);
      expect(Math.min(box.left, box.top, box.width, box.height)).toBeGreaterThanOrEqual(0);
      expect(box.left + box.width).toBeLessThanOrEqual(32);
      expect(box.top + box.height).toBeLessThanOrEqual(24);
    }
  });

  it('cuts boxes of the picture’s own aspect, but for what lies outside of it', () => {
    const free = (drawn({ mixup: 0 }) as Required<Mix>[]).filter(
      ({ box: { left, top, width, height } }) =>
        left > 0 && top > 0 && left + width < 32 && top + height < 24,
    );
    expect(free.length).toBeGreaterThan(300);
    for (const { box } of free) {
      expect(Math.abs(box.width / 32 - box.height / 24)).toBeLessThan(0.1);
    }
  });

  it('leaves a share of the batches alone, and all where there is nothing to do', () => {
    const some = drawn({ probability: 0.3 });
    expect(some.filter((mix) => mix).length / some.length).toBeCloseTo(0.3, 1);
    expect(drawn({ mixup: 0, cutmix: 0 }, 10).every((mix) => mix === undefined)).toBe(true);
    expect(drawn({ switchProbability: 0 }, 100).some(isCut)).toBe(false);
    expect(drawn({ switchProbability: 1 }, 100).every(isCut)).toBe(true);
  });

  it('gives the same for the same step', () => {
    expect(drawn({}, 50)).toEqual(drawn({}, 50));
  });
});

describe('partnersWithin', () => {
  it('is the batch in reverse where all rows are of one group', () => {
    expect(partnersWithin(['a', 'a', 'a', 'a'])).toEqual([3, 2, 1, 0]);
    expect(partnersWithin(['a', 'a', 'a'])).toEqual([2, 1, 0]);
  });

  it('never pairs rows of two groups, and pairs both ways', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('key', 'lock', 'other')), (groups) => {
        const partners = partnersWithin(groups);
        expect(partners.map((partner) => groups[partner])).toEqual(groups);
        expect(partners.map((partner) => partners[partner])).toEqual(groups.map((_, row) => row));
        for (const group of new Set(groups)) {
          const alone = partners.filter((p, row) => p === row && groups[row] === group).length;
          expect(alone).toBe(groups.filter((other) => other === group).length % 2);
        }
      }),
    );
  });
});

test('blendRows gives each row of a pair the share lambda of itself', () => {
  const values = Float32Array.of(0, 8, 100, 100, 16, 4);
  blendRows(values, [2, 1, 0], 0.75);
  expect([...values]).toEqual([4, 7, 100, 100, 12, 5]);
});

test('blended distributions stay distributions', () => {
  const targets = Float32Array.of(0.9, 0.05, 0.05, 0.05, 0.9, 0.05);
  blendRows(targets, [1, 0], 0.3);
  for (let row = 0; row < 2; row++) {
    expect(mean([...targets.subarray(row * 3, row * 3 + 3)]) * 3).toBeCloseTo(1, 6);
  }
});

test('exchangeBox swaps the box alone, in every colour', () => {
  const picture = (value: number): number[] => Array.from({ length: 2 * 3 * 4 }, () => value);
  const pictures = Float32Array.from([...picture(1), ...picture(2), ...picture(3)]);
  exchangeBox(pictures, [2, 1, 0], { left: 1, top: 1, width: 2, height: 1 }, 4, 3);
  const plane = (own: number, other: number): number[] => [
    own,
    own,
    own,
    own,
    own,
    other,
    other,
    own,
    own,
    own,
    own,
    own,
  ];
  expect([...pictures]).toEqual([
    ...plane(1, 3),
    ...plane(1, 3),
    ...picture(2),
    ...plane(3, 1),
    ...plane(3, 1),
  ]);
});
