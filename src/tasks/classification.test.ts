import fc from 'fast-check';
import { expect, it } from 'vitest';
import { float32 } from '../tensor/tensor.ts';
import { classification } from './classification.ts';

it('softened answers are the softmax of logits over the temperature', () => {
  const logits = float32([2, 2], [Math.log(9), 0, 0, Math.log(16)]);
  const [first, second] = classification.soften!(logits, 2);
  expect([...first]).toEqual([expect.closeTo(0.75, 6), expect.closeTo(0.25, 6)]);
  expect([...second]).toEqual([expect.closeTo(0.2, 6), expect.closeTo(0.8, 6)]);
});

it('softened answers are distributions, softer with the temperature', () => {
  const row = fc.array(fc.float({ min: -200, max: 200, noNaN: true }), {
    minLength: 2,
    maxLength: 9,
  });
  fc.assert(
    fc.property(row, fc.float({ min: 0.5, max: 20, noNaN: true }), (logits, temperature) => {
      const at = (t: number): number[] => [
        ...classification.soften!(float32([1, logits.length], logits), t)[0],
      ];
      const [soft, softer] = [at(temperature), at(2 * temperature)];
      expect(soft.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(Math.min(...soft)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...softer)).toBeLessThanOrEqual(Math.max(...soft) + 1e-6);
    }),
  );
});
