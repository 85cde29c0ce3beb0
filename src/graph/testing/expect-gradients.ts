import { expect } from 'vitest';
import { slopes, type Sample } from './finite-differences.ts';

/** Expects that the gradient of a function agrees with finite differences in each element. */
export async function expectGradients(sample: Sample): Promise<void> {
  const found = await slopes(sample);
  expect(found.length).toBeGreaterThan(0);
  const wrong = found.filter(
    ({ gradient, difference }) =>
      !(Math.abs(gradient - difference) <= 3e-3 + 3e-3 * Math.abs(difference)),
  );
  expect(wrong).toEqual([]);
}
