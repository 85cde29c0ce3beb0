import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { toNumbers } from '../../../tensor/tensor.ts';
import { gradients } from '../../autodiff/gradients.ts';
import { evaluate } from '../../testing/evaluate.ts';
import { waves } from '../../testing/finite-differences.ts';
import { input, shapeOf } from '../../value.ts';
import { square } from '../binary/ops.ts';
import { reduceSum } from '../reduction/ops.ts';
import { averagePool, maxPool } from './ops.ts';

it('has the length that ONNX Runtime gives it, wherever its last window begins', async () => {
  const pooling = fc.record({
    length: fc.integer({ min: 3, max: 9 }),
    kernel: fc.integer({ min: 2, max: 3 }),
    stride: fc.integer({ min: 1, max: 4 }),
    padding: fc.integer({ min: 0, max: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(pooling, async ({ length, ...options }) => {
      const x = input('x', 'float32', [1, 1, length]);
      for (const pool of [maxPool, averagePool]) {
        const y = pool(x, { ...options, ceil: true });
        // ONNX Runtime notices a wrong length where it meets another one.
        const [dx] = gradients(reduceSum(square(y)), [x]);
        const computed = await evaluate({ y, dx }, { x: waves([1, 1, length]) });
        expect(computed.y.shape).toEqual(shapeOf(y));
        expect(toNumbers(computed.dx)).toHaveLength(length);
      }
    }),
    { numRuns: 20, examples: [[{ length: 5, kernel: 2, stride: 2, padding: 1 }]] },
  );
});
