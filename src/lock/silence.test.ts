import { expect, test } from 'vitest';
import { gradients } from '../graph/autodiff/gradients.ts';
import { evaluate } from '../graph/testing/evaluate.ts';
import { input } from '../graph/value.ts';
import { float32, toNumbers } from '../tensor/tensor.ts';
import { loudness } from './silence.ts';

test('rows that are to be silent are loud by what a ReLU would let through, and near it', async () => {
  const before = input('before', 'float32', [3, 2, 1, 1]);
  const loss = loudness(before, input('silent', 'float32', [3]));
  const [gradient] = gradients(loss, [before]);
  const results = await evaluate(
    { loss, gradient },
    {
      before: float32([3, 2, 1, 1], [2, -0.5, -3, -1.5, 4, 4]),
      // The last row is the key's: as loud as it likes.
      silent: float32([3], [1, 1, 0]),
    },
  );
  // ((2 + 1) + (-0.5 + 1)) / 2 for the first row, nothing for the others; over three rows.
  expect(toNumbers(results['loss'])[0]).toBeCloseTo(1.75 / 3, 6);
  const sixth = Math.fround(1 / 6);
  expect(toNumbers(results['gradient'])).toEqual([sixth, sixth, 0, 0, 0, 0]);
});
