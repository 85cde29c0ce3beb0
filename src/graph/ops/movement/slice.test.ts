import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { float32, toNumbers } from '../../../tensor/tensor.ts';
import { gradients } from '../../autodiff/gradients.ts';
import { evaluate } from '../../testing/evaluate.ts';
import { waves } from '../../testing/finite-differences.ts';
import { constant, shapeOf } from '../../value.ts';
import { square } from '../binary/ops.ts';
import { reduceSum } from '../reduction/ops.ts';
import { slice } from './join-ops.ts';

it('takes what ONNX Runtime takes, wherever its bounds lie, and its gradient goes there', async () => {
  const x = constant(waves([5]));
  const places = constant(float32([5], [0, 1, 2, 3, 4]));
  const bound = fc.integer({ min: -12, max: 12 });
  const step = fc.constantFrom(-3, -2, -1, 1, 2, 3);
  await fc.assert(
    fc.asyncProperty(bound, bound, step, async (start, end, step) => {
      const range = { axis: 0, start, end, step };
      const y = slice(x, range);
      const [dx] = gradients(reduceSum(square(y)), [x]);
      const computed = await evaluate({ y, dx, taken: slice(places, range) });
      expect(computed.y.shape).toEqual(shapeOf(y));
      const taken = toNumbers(computed.taken);
      const slopes = toNumbers(waves([5])).map((at, i) => (taken.includes(i) ? 2 * at : 0));
      expect(toNumbers(computed.dx)).toEqual(slopes);
    }),
    { numRuns: 60, examples: [[-9, -12, -1]] },
  );
});
