import { ModelLockError } from '../../../base/error.ts';
import { showShape, type Dim, type Shape } from '../../../graph/shape.ts';
import { constant, type Value } from '../../../graph/value.ts';
import {
  arrayOf,
  isFloating,
  type DataOf,
  type DType,
  type TensorData,
} from '../../../tensor/dtype.ts';
import { toFloat32 } from '../../../tensor/convert.ts';
import { sizeOf, tensor, type Tensor } from '../../../tensor/tensor.ts';
import { limitedInt } from '../attributes.ts';

/**
 * A small tensor whose elements are known while a graph is built: exporters compute shapes inside
 * the graph. An element may be the length of a named axis, such as `batch` or `4*batch`.
 */
export interface Known {
  readonly kind: 'known';
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elements: readonly Dim[];
}

/** What flows along an edge while a graph is built. */
export type Edge = Value | Known;

/** Tensors of more elements are data, not shapes: they are left to ONNX Runtime. */
export const mostKnown = 2 ** 16;

export const isKnown = (edge: Edge | undefined): edge is Known =>
  edge !== undefined && 'elements' in edge;

/** NumPy's limit, and more than any model has; what is worked out takes time for each. */
const mostAxes = 64;

/** Throws `corrupt` for a shape that no tensor has, as the numbers of a hostile file give it. */
export function requireLengths(shape: Shape): void {
  const isLength = (dim: Dim | undefined): boolean =>
    typeof dim === 'string' || (Number.isSafeInteger(dim) && Number(dim) >= 0);
  if (shape.length <= mostAxes && shape.every(isLength)) return;
  throw new ModelLockError('corrupt', `a tensor of shape ${showShape(shape.slice(0, mostAxes))}`);
}

/** Throws `corrupt` where the elements are no tensor of that shape. */
export function known(dtype: DType, shape: readonly number[], elements: readonly Dim[]): Known {
  requireLengths(shape);
  const isWhole = !(elements as readonly (Dim | undefined)[]).includes(undefined);
  if (elements.length !== sizeOf(shape) || !isWhole) {
    throw new ModelLockError(
      'corrupt',
      `${elements.length} elements are no tensor of shape ${showShape(shape)}`,
    );
  }
  return { kind: 'known', dtype, shape, elements };
}

/** An int64 tensor of rank 1, as shapes are. */
export const knownInts = (elements: readonly Dim[]): Known =>
  known('int64', [elements.length], elements);

/** A tensor of a file. All floating point becomes float32, the type that graphs compute in. */
export function edgeOf(t: Tensor): Edge {
  const own = isFloating(t.dtype) ? toFloat32(t) : t;
  if (sizeOf(own.shape) > mostKnown) return constant(own);
  const elements = Array.from(own.data as ArrayLike<number | bigint>, (x) =>
    typeof x === 'bigint' ? limitedInt(x) : x,
  );
  return known(own.dtype, own.shape, elements);
}

const constants = new WeakMap<Known, Value>();

/** An edge as a value. Throws `shape` for what depends on the length of a named axis. */
export function valueOf(edge: Edge): Value {
  if (!isKnown(edge)) return edge;
  const made = constants.get(edge) ?? constant(tensorOfKnown(edge));
  constants.set(edge, made);
  return made;
}

function tensorOfKnown({ dtype, shape, elements }: Known): Tensor {
  const numbers = numbersOf(elements);
  const data =
    dtype === 'int64'
      ? BigInt64Array.from(numbers, (n) => BigInt(Math.trunc(n)))
      : arrayLike(dtype, numbers);
  return tensor(dtype, shape, data as DataOf<DType>);
}

function arrayLike(dtype: DType, numbers: readonly number[]): TensorData {
  const data = new arrayOf[dtype as 'float32'](numbers.length);
  data.set(numbers);
  return data;
}

/** Elements that are all numbers. Throws `shape` for lengths of named axes. */
export function numbersOf(elements: readonly Dim[]): readonly number[] {
  const named = elements.find((element) => typeof element === 'string');
  if (named === undefined) return elements as readonly number[];
  throw new ModelLockError('shape', `depends on the length of the axis "${named}"; bind it`);
}
