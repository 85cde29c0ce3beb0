import { expect, it } from 'vitest';
import { evaluate } from '../../testing/evaluate.ts';
import { waves } from '../../testing/finite-differences.ts';
import { constant, shapeOf } from '../../value.ts';
import { resize } from './ops.ts';

it('gives scaled axes the lengths that ONNX Runtime gives them', async () => {
  const scales = [0.1, 0.3, 0.35, 0.6, 0.7, 0.9, 1.1, 1.2, 1.3, 1.4, 1.7, 2.1, 2.3];
  const lengths = Array.from({ length: 50 }, (_, i) => i + 10);
  const outputs = Object.fromEntries(
    scales.flatMap((scale) =>
      lengths.map((length) => {
        const x = constant(waves([1, 1, length]));
        return [`${length} * ${scale}`, resize(x, { scale: [scale], mode: 'nearest' })] as const;
      }),
    ),
  );
  const computed = await evaluate(outputs);
  const shapes = Object.entries(outputs).map(([name, y]) => [name, shapeOf(y)]);
  expect(shapes).toEqual(shapes.map(([name]) => [name, computed[name as string].shape]));
  expect(outputs['10 * 0.7'].shape).toEqual([1, 1, 7]);
});
