import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { toNumbers } from '../../../tensor/tensor.ts';
import { gradients } from '../../autodiff/gradients.ts';
import { evaluate } from '../../testing/evaluate.ts';
import { waves } from '../../testing/finite-differences.ts';
import { constant, shapeOf } from '../../value.ts';
import { reduceSum } from '../reduction/ops.ts';
import { slice } from './join-ops.ts';

it('has the length that ONNX Runtime gives it, wherever its bounds lie, and so has its gradient', async () => {
  const x = constant(waves([5]));
  const bound = fc.integer({ min: -12, max: 12 });
  const step = fc.constantFrom(-3, -2, -1, 1, 2, 3);
  await fc.assert(
    fc.asyncProperty(bound, bound, step, async (start, end, step) => {
      const y = slice(x, { axis: 0, start, end, step });
      const [dx] = gradients(reduceSum(y), [x]);
      const computed = await evaluate({ y, dx });
      expect(computed.y.shape).toEqual(shapeOf(y));
      const taken = toNumbers(computed.dx).reduce((sum, share) => sum + share, 0);
      expect(taken).toBe(shapeOf(y)[0]);
    }),
    { numRuns: 60, examples: [[-9, -12, -1]] },
  );
});
