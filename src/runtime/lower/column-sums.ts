import { matmul } from '../../graph/ops/matmul/ops.ts';
import { reshape } from '../../graph/ops/movement/shape-ops.ts';
import { axesOf } from '../../graph/ops/reduction/ops.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { constant, type Value } from '../../graph/value.ts';
import { float32, sizeOf } from '../../tensor/tensor.ts';

/** Fewer rows are summed faster as they are. */
const manyRows = 64;

/**
 * Sums over the leading axes, as the gradients of biases need them, as a product with a row of
 * ones: twice as fast on several threads as ONNX Runtime's ReduceSum.
 */
export function multiplyColumnSums(): Rewrite {
  const known = new Map<number, Value>();
  const ones = (length: number): Value => {
    const row = known.get(length) ?? constant(rowOfOnes(length));
    known.set(length, row);
    return row;
  };
  return ({ operator, outputs: [y] }, inputs) => {
    const [x] = inputs;
    if (operator.name !== 'ReduceSum' || !x || x.dtype !== 'float32') return undefined;
    const axes = axesOf(inputs);
    const leading = axes.length < x.shape.length && axes.every((axis) => axis < axes.length);
    if (!leading || x.shape.some((dim) => typeof dim === 'string')) return undefined;
    const shape = x.shape as readonly number[];
    const rows = sizeOf(shape.slice(0, axes.length));
    if (rows < manyRows) return undefined;
    const table = reshape(x, [rows, sizeOf(shape.slice(axes.length))]);
    return [reshape(matmul(ones(rows), table), y.shape)];
  };
}

function rowOfOnes(length: number) {
  return float32([1, length], new Float32Array(length).fill(1));
}
