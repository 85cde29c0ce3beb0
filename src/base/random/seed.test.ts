import { expect, test } from 'vitest';
import { requireSeed } from './seed.ts';

test('seeds are whole numbers from nought on', () => {
  for (const seed of [0, 1, Number.MAX_SAFE_INTEGER]) expect(() => requireSeed(seed)).not.toThrow();
  for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
    expect(() => requireSeed(seed)).toThrow(expect.objectContaining({ code: 'usage' }));
  }
});

test('a caller without types is told that a seed is missing', () => {
  const { seed } = JSON.parse('{}') as { seed: number };
  expect(() => requireSeed(seed)).toThrow('undefined is not a seed');
});
