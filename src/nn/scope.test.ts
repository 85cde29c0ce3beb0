import { expect, test } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { toNumbers } from '../tensor/tensor.ts';
import {
  drawMasks,
  fanIn,
  initialise,
  kaimingFanOut,
  normal,
  ones,
  Scope,
  zeros,
} from './scope.ts';

test('names are those of the scopes, joined by dots', () => {
  const scope = Scope.root({ training: true });
  scope.within('encoder').within(3).within('').parameter('weight', [2, 3], zeros);
  expect([...scope.declared.parameters]).toEqual([
    ['encoder.3.weight', { shape: [2, 3], init: zeros }],
  ]);
  expect(scope.within('a').training).toBe(true);
});

test('parameters are learnt in training, but for frozen ones', () => {
  const isFrozen = (name: string): boolean => name.startsWith('encoder.');
  const scope = Scope.root({ training: true, isFrozen });
  expect(scope.within('encoder').within(1).learns('weight')).toBe(false);
  expect(scope.within('head').learns('weight')).toBe(true);
  expect(Scope.root({ isFrozen }).learns('weight')).toBe(false);
});

test('a name can be declared once, by its full name', () => {
  const scope = Scope.root();
  scope.within('a').parameter('w', [1], zeros);
  scope.within('b').parameter('w', [1], zeros);
  expect(() => scope.parameter('a.w', [1], zeros)).toThrow('parameter "a.w" is declared twice');
  scope.buffer('mean', [1], zeros);
  expect(() => scope.buffer('mean', [1], zeros)).toThrow('"mean" is declared twice');
});

/** The initial values of one parameter of 4,000 numbers. */
const drawn = (init: Parameters<Scope['parameter']>[2], seed = 1): number[] => {
  const scope = Scope.root();
  scope.parameter('w', [40, 100], init);
  return toNumbers(initialise(scope.declared, counterRandom(seed)).get('w')!);
};
const deviation = (values: number[]): number =>
  Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);

test('parameters begin as their initialiser says', () => {
  expect(new Set(drawn(ones))).toEqual(new Set([1]));
  expect(deviation(drawn(normal(0.02)))).toBeCloseTo(0.02, 2);
  expect(deviation(drawn(kaimingFanOut(50)))).toBeCloseTo(0.2, 1);
  const uniform = drawn(fanIn(25));
  expect(Math.max(...uniform.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.2));
  expect(deviation(uniform)).toBeCloseTo(0.2 / Math.sqrt(3), 2);
});

test('the same seed gives the same values, another seed others', () => {
  expect(drawn(normal(1), 5)).toEqual(drawn(normal(1), 5));
  expect(drawn(normal(1), 5)).not.toEqual(drawn(normal(1), 6));
});

test('masks keep their share and the mean of what they are multiplied with', () => {
  const scope = Scope.root({ training: true });
  scope.within('block').mask('drop', [4000], 0.8);
  const masks = drawMasks(scope.declared, counterRandom(3));
  expect(Object.keys(masks)).toEqual(['mask/block.drop']);
  const values = toNumbers(masks['mask/block.drop']);
  expect(new Set(values)).toEqual(new Set([0, 1.25]));
  expect(values.reduce((a, b) => a + b, 0) / values.length).toBeCloseTo(1, 1);
});
