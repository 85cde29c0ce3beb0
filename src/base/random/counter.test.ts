import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { counterRandom } from './counter.ts';

const many = Array.from({ length: 20000 });
const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

test('the same place has the same numbers, whatever was drawn elsewhere', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.array(fc.nat()), (seed, place) => {
      const draw = (): number[] => {
        const random = counterRandom(seed, ...place);
        return [random.uniform(), random.normal(), random.integer(10), ...random.permutation(5)];
      };
      const first = draw();
      counterRandom(seed, ...place, 1).uniform();
      expect(draw()).toEqual(first);
    }),
  );
});

test('neighbouring places and seeds have nothing in common', () => {
  const places = [[1], [2], [-1], [0], [1, 0], [0, 1], [1, 1], [1, 0, 0], [2 ** 32], [2 ** 32 + 1]];
  const first = places.map(([seed, ...place]) => counterRandom(seed, ...place).uniform());
  expect(new Set(first).size).toBe(places.length);
  const along = many.map((_, i) => counterRandom(5, i).uniform());
  expect(mean(along)).toBeCloseTo(0.5, 1);
  const next = along.slice(1).map((value, i) => (value - 0.5) * (along[i] - 0.5));
  expect(Math.abs(mean(next))).toBeLessThan(0.003);
});

test('uniform numbers fill [0, 1)', () => {
  const random = counterRandom(1);
  const values = many.map(() => random.uniform());
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  const tenths = Array.from(
    { length: 10 },
    (_, i) => values.filter((value) => Math.floor(value * 10) === i).length,
  );
  // 2000 each, with a standard deviation of 42.
  for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(250);
});

test('normal numbers have the moments of the standard normal distribution', () => {
  const random = counterRandom(2);
  const values = many.map(() => random.normal());
  const moments = [1, 2, 3, 4].map((k) => mean(values.map((value) => value ** k)));
  [0, 1, 0, 3].forEach((moment, i) => expect(Math.abs(moments[i] - moment)).toBeLessThan(0.2));
});

test('permutations hold every number once, and every order comes up', () => {
  const random = counterRandom(3);
  fc.assert(
    fc.property(fc.nat(50), (n) => {
      const sorted = [...random.permutation(n)].sort((a, b) => a - b);
      expect(sorted).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
  );
  const orders = many.slice(0, 6000).map(() => random.permutation(3).join());
  for (const order of new Set(orders)) {
    const count = orders.filter((other) => other === order).length;
    expect(Math.abs(count - 1000)).toBeLessThan(200);
  }
  expect(new Set(orders).size).toBe(6);
});
