import { ModelLockError } from '../../../base/error.ts';
import {
  broadcastShapes,
  normaliseAxis,
  product,
  quotient,
  showShape,
  type Shape,
} from '../../shape.ts';
import { apply, constantInts, ints, operator, type Value } from '../../value.ts';
import { required } from '../infer.ts';

/** Operators that change the shape and leave the data where it is, or repeat it. */
export const shapeOps = {
  Reshape: operator({
    name: 'Reshape',
    attributes: { allowzero: 'int' },
    infer: (inputs, { allowzero = 0 }) => {
      const x = required(inputs, 0);
      const target = constantInts(inputs[1], 'the shape');
      return [{ dtype: x.dtype, shape: reshapedTo(x.shape, target, allowzero === 1) }];
    },
  }),
  Expand: operator({
    name: 'Expand',
    attributes: {},
    infer: (inputs) => {
      const x = required(inputs, 0);
      const shape = broadcastShapes(x.shape, constantInts(inputs[1], 'the shape'));
      return [{ dtype: x.dtype, shape }];
    },
  }),
  Squeeze: operator({
    name: 'Squeeze',
    attributes: {},
    infer: (inputs) => {
      const x = required(inputs, 0);
      const axes = new Set(
        constantInts(inputs[1], 'axes').map((axis) => normaliseAxis(axis, x.shape.length)),
      );
      if ([...axes].some((axis) => x.shape[axis] !== 1)) {
        throw new ModelLockError('shape', `axes ${[...axes].join(', ')} of ${showShape(x.shape)}`);
      }
      return [{ dtype: x.dtype, shape: x.shape.filter((_, axis) => !axes.has(axis)) }];
    },
  }),
  Unsqueeze: operator({
    name: 'Unsqueeze',
    attributes: {},
    infer: (inputs) => {
      const x = required(inputs, 0);
      const shape = unsqueezedShape(x.shape, constantInts(inputs[1], 'axes'));
      return [{ dtype: x.dtype, shape }];
    },
  }),
  Transpose: operator({
    name: 'Transpose',
    attributes: { perm: 'ints' },
    infer: (inputs, { perm }) => {
      const x = required(inputs, 0);
      const order = perm ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
      if ([...order].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
        throw new ModelLockError('shape', `[${order.join(', ')}] is no permutation`);
      }
      return [{ dtype: x.dtype, shape: order.map((axis) => x.shape[axis]) }];
    },
  }),
};

/**
 * The shape that a Reshape asks for, with its -1 worked out. A zero copies the axis at that place
 * unless `allowZero`, as ONNX defines it: so named axes pass through.
 */
export function reshapedTo(from: Shape, wanted: Shape, allowZero: boolean): Shape {
  const dims = wanted.map((dim, axis) => (dim === 0 && !allowZero ? (from[axis] ?? dim) : dim));
  // What stays in front is no part of the product, so several of those axes may be named.
  const change = dims.findIndex((dim, axis) => dim !== from[axis]);
  const start = change < 0 ? dims.length : change;
  const [before, after] = [from.slice(start), dims.slice(start)];
  if (!after.includes(-1)) {
    const isShape = after.every((dim) => typeof dim === 'string' || dim >= 0);
    if (isShape && product(before) === product(after)) return dims;
  } else {
    const known = after.filter((dim) => dim !== -1);
    const isShape = known.every((dim) => typeof dim === 'string' || dim >= 0);
    if (isShape && known.length === after.length - 1) {
      const rest = quotient(product(before), product(known));
      return dims.map((dim) => (dim === -1 ? rest : dim));
    }
  }
  throw new ModelLockError('shape', `${showShape(from)} as ${showShape(dims)}`);
}

/** A shape with further axes of length 1, at these places of the result. */
export function unsqueezedShape(shape: Shape, axes: readonly number[]): Shape {
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => normaliseAxis(axis, rank)));
  if (added.size < axes.length) {
    throw new ModelLockError('shape', `axes ${axes.join(', ')} of a result of rank ${rank}`);
  }
  const rest = shape.values();
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.next().value!));
}

/**
 * One axis of the target may be -1, or named; those that stay in front may all be named, unless a
 * length becomes zero.
 */
export function reshape(x: Value, shape: Shape): Value {
  const allowzero = shape.some((dim, axis) => dim === 0 && x.shape[axis] !== 0);
  const target = shape.map((dim, axis) => {
    if (typeof dim === 'number') return dim;
    return dim === x.shape[axis] && !allowzero ? 0 : -1;
  });
  return apply(shapeOps.Reshape, [x, ints(target)], allowzero ? { allowzero: 1 } : {})[0];
}

/** Joins the axes from `start` to `end`, both included. */
export function flatten(x: Value, start = 0, end = -1): Value {
  const first = normaliseAxis(start, x.shape.length);
  const last = normaliseAxis(end, x.shape.length);
  const joined = product(x.shape.slice(first, last + 1));
  return reshape(x, [...x.shape.slice(0, first), joined, ...x.shape.slice(last + 1)]);
}

/** Broadcasts to `shape`. */
export const expand = (x: Value, shape: readonly number[]): Value =>
  apply(shapeOps.Expand, [x, ints(shape)], {})[0];
export const squeeze = (x: Value, axes: readonly number[]): Value =>
  apply(shapeOps.Squeeze, [x, ints(axes)], {})[0];
export const unsqueeze = (x: Value, axes: readonly number[]): Value =>
  apply(shapeOps.Unsqueeze, [x, ints(axes)], {})[0];

/** Axis i of the result is axis `perm[i]` of x. What undoes a transposition gives back its input. */
export function transpose(x: Value, perm: readonly number[]): Value {
  const earlier = permutationOf(x);
  if (earlier && perm.every((axis, i) => earlier.perm[axis] === i)) return earlier.source;
  return perm.every((axis, i) => axis === i) ? x : apply(shapeOps.Transpose, [x], { perm })[0];
}

function permutationOf(
  x: Value,
): { readonly source: Value; readonly perm: readonly number[] } | undefined {
  const { producer } = x;
  if (producer.kind !== 'node' || producer.operator !== shapeOps.Transpose) return undefined;
  const perm = producer.attributes['perm'] as readonly number[] | undefined;
  return perm && { source: producer.inputs[0]!, perm };
}

/** The permutation that exchanges the last two of `rank` axes. */
const lastTwo = (rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));

/** Whether x is the result of `matrixTranspose`. */
export function isMatrixTranspose(x: Value): boolean {
  const exchange = lastTwo(x.shape.length);
  return permutationOf(x)?.perm.every((axis, i) => axis === exchange[i]) ?? false;
}

/** Exchanges the last two axes. */
export const matrixTranspose = (x: Value): Value => transpose(x, lastTwo(x.shape.length));
