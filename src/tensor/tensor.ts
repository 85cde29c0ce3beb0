import { ModelLockError } from '../base/error.ts';
import { arrayOf, type DataOf, type DType } from './dtype.ts';

/** A dense, row-major array of numbers. Data may be a view; nobody writes to a tensor they were given. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataOf<D>;
}

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** A tensor over `data`, without a copy. Throws `shape` when the length does not fit. */
export function tensor<D extends DType>(
  dtype: D,
  shape: readonly number[],
  data: DataOf<D>,
): Tensor<D> {
  if (data.length !== sizeOf(shape)) {
    throw new ModelLockError(
      'shape',
      `${data.length} ${dtype} elements do not fill shape [${shape.join(', ')}]`,
    );
  }
  return { dtype, shape, data };
}

export function zeros<D extends DType>(dtype: D, shape: readonly number[]): Tensor<D> {
  return tensor(dtype, shape, new arrayOf[dtype](sizeOf(shape)) as DataOf<D>);
}

/** A float32 tensor from plain numbers. */
export function float32(shape: readonly number[], values: ArrayLike<number>): Tensor<'float32'> {
  return tensor('float32', shape, Float32Array.from(values));
}

/** An int64 tensor from plain numbers. */
export function int64(shape: readonly number[], values: ArrayLike<number>): Tensor<'int64'> {
  return tensor('int64', shape, BigInt64Array.from(Array.from(values, BigInt)));
}

/** `count` rows of the first axis from `first` on, as a view. */
export function sliceRows<D extends DType>(t: Tensor<D>, first: number, count: number): Tensor<D> {
  const [, ...rest] = t.shape;
  const size = sizeOf(rest);
  const data = t.data.subarray(first * size, (first + count) * size) as DataOf<D>;
  return tensor(t.dtype, [count, ...rest], data);
}

/** The elements as plain numbers; int64 must fit into 53 bits. */
export function toNumbers(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, Number);
}

/** A float32 tensor of rank 0. */
export function scalarTensor(value: number): Tensor<'float32'> {
  return float32([], [value]);
}
