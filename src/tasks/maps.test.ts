import fc from 'fast-check';
import { expect, test } from 'vitest';
import { graphOf } from '../graph/graph.ts';
import { resize } from '../graph/ops/resize/ops.ts';
import { input } from '../graph/value.ts';
import { Session } from '../runtime/session.ts';
import { float32, toNumbers } from '../tensor/tensor.ts';
import { labelMapOf, logitsAt, mapsOf } from './maps.ts';

const side = fc.integer({ min: 1, max: 9 });

test('maps are resized as ONNX resizes them, and the largest class wins', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ width: side, height: side }),
      fc.record({ width: side, height: side }),
      fc.infiniteStream(fc.integer({ min: -99, max: 99 })),
      async (small, size, values) => {
        const shape = [1, 3, small.height, small.width];
        const logits = float32(
          shape,
          [...values.take(shape.reduce((a, b) => a * b))].map((value) => value / 7),
        );
        const y = resize(input('x', 'float32', shape), {
          size: [size.height, size.width],
          mode: 'linear',
        });
        const session = await Session.create(graphOf({ y }), {});
        const expected = toNumbers((await session.run({ x: logits }))['y']);
        await session.dispose();
        const [maps] = mapsOf(logits);
        const { data: labels } = labelMapOf(maps, size);
        labels.forEach((label, i) => {
          const [x, row] = [i % size.width, Math.floor(i / size.width)];
          const own = logitsAt(maps, size, x, row);
          own.forEach((value, c) => expect(value).toBeCloseTo(expected[c * labels.length + i], 4));
          expect(own[label]).toBeGreaterThan(Math.max(...own) - 1e-4);
        });
      },
    ),
    { numRuns: 25 },
  );
});
