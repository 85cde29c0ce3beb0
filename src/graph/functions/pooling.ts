import { mapAxis, matrixOf } from '../ops/linear-map.ts';
import { averagePool, globalAveragePool } from '../ops/pool/ops.ts';
import { perAxis, spatialShape, type PerAxis } from '../ops/window.ts';
import type { Value } from '../value.ts';

/**
 * The mean of x [B, C, ...] over `output` regions along each axis. Region i of an axis reaches from
 * floor(i n / output) to ceil((i + 1) n / output), as in PyTorch: regions may overlap.
 */
export function adaptiveAveragePool(x: Value, output: PerAxis): Value {
  const lengths = spatialShape(x);
  const counts = perAxis(output, lengths.length);
  if (counts.every((count) => count === 1)) return globalAveragePool(x);
  if (lengths.every((length, axis) => length % counts[axis] === 0)) {
    return averagePool(x, { kernel: lengths.map((length, axis) => length / counts[axis]) });
  }
  return lengths.reduce(
    (pooled, length, axis) => mapAxis(pooled, regionMeans(length, counts[axis]), axis + 2),
    x,
  );
}

/** [count, length]: each row averages one region. */
function regionMeans(length: number, count: number) {
  return matrixOf(count, length, (region, element) => {
    const start = Math.floor((region * length) / count);
    const end = Math.ceil(((region + 1) * length) / count);
    return element >= start && element < end ? 1 / (end - start) : 0;
  });
}
