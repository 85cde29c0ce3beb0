import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { constant, shapeOf, type Value } from '../value.ts';
import { normaliseAxis } from '../shape.ts';
import { matmul } from './matmul/ops.ts';
import { reshape } from './movement/shape-ops.ts';

/** Operators that are linear along one axis, as matrices: resizing, pooling, mirrored padding. */

/** A matrix [rows, columns] by its elements. */
export function matrixOf(
  rows: number,
  columns: number,
  element: (row: number, column: number) => number,
): Tensor<'float32'> {
  const values = Float32Array.from({ length: rows * columns }, (_, i) =>
    element(Math.floor(i / columns), i % columns),
  );
  return float32([rows, columns], values);
}

export function transposed({ shape: [rows, columns], data }: Tensor<'float32'>): Tensor<'float32'> {
  return matrixOf(columns, rows, (row, column) => data[column * columns + row]);
}

/** Multiplies every line of x along `axis`, of length `columns`, with a matrix [rows, columns]. */
export function mapAxis(x: Value, matrix: Tensor<'float32'>, axis: number): Value {
  const along = normaliseAxis(axis, x.shape.length);
  if (along === x.shape.length - 1) return matmul(x, constant(transposed(matrix)));
  const shape = x.shape;
  if (along === shape.length - 2) return matmul(constant(matrix), x);
  const lines = reshape(x, [...shape.slice(0, along + 1), sizeOf(shapeOf(x).slice(along + 1))]);
  return reshape(matmul(constant(matrix), lines), shape.with(along, matrix.shape[0]));
}
