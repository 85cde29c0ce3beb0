import { ModelLockError } from '../../../base/error.ts';
import { normaliseAxis, showShape } from '../../shape.ts';
import { float32 } from '../../../tensor/tensor.ts';
import { apply, constant, constantInts, ints, operator, type Value } from '../../value.ts';
import { required, sameAsFirst } from '../infer.ts';

export const scatterReductions = ['none', 'add', 'mul', 'max', 'min'] as const;
export type Scatter = (typeof scatterReductions)[number];

/** Operators that pick elements by index, or put them there. Negative indices count from the end. */
export const gathers = {
  /** Inputs: data, indices of any shape, which takes the place of `axis`. */
  Gather: operator({
    name: 'Gather',
    attributes: { axis: 'int' },
    infer: (inputs, { axis = 0 }) => {
      const { dtype, shape } = required(inputs, 0);
      const along = normaliseAxis(axis, shape.length);
      const picked = required(inputs, 1).shape;
      return [{ dtype, shape: [...shape.slice(0, along), ...picked, ...shape.slice(along + 1)] }];
    },
  }),
  /** Inputs: data, indices of the same rank: result[i][j] = data[indices[i][j]][j] for axis 0. */
  GatherElements: operator({
    name: 'GatherElements',
    attributes: { axis: 'int' },
    infer: (inputs, { axis = 0 }) => {
      const { dtype } = required(inputs, 0);
      requireSameRank(required(inputs, 0), required(inputs, 1), axis);
      return [{ dtype, shape: required(inputs, 1).shape }];
    },
  }),
  /** Inputs: data, indices, updates: data with result[indices[i][j]][j] = updates[i][j] for axis 0. */
  ScatterElements: operator({
    name: 'ScatterElements',
    attributes: { axis: 'int', reduction: 'string' },
    infer: (inputs, { axis = 0 }) => {
      const [indices, updates] = [required(inputs, 1), required(inputs, 2)];
      requireSameRank(required(inputs, 0), indices, axis);
      if (showShape(indices.shape) !== showShape(updates.shape)) {
        throw new ModelLockError(
          'shape',
          `indices ${showShape(indices.shape)} for updates ${showShape(updates.shape)}`,
        );
      }
      return sameAsFirst(inputs);
    },
  }),
  /** Inputs: indices, depth, [off, on]. A new axis of length depth; out of range, all are `off`. */
  OneHot: operator({
    name: 'OneHot',
    attributes: { axis: 'int' },
    infer: (inputs, { axis = -1 }) => {
      const { shape } = required(inputs, 0);
      const [depth] = constantInts(inputs[1], 'the depth');
      const along = normaliseAxis(axis, shape.length + 1);
      return [{ dtype: required(inputs, 2).dtype, shape: shape.toSpliced(along, 0, depth) }];
    },
  }),
  /** Inputs: x, k: largest or smallest k elements along the axis, and their indices. */
  TopK: operator({
    name: 'TopK',
    attributes: { axis: 'int', largest: 'int', sorted: 'int' },
    infer: (inputs, { axis = -1 }) => {
      const { dtype, shape } = required(inputs, 0);
      const [k] = constantInts(inputs[1], 'k');
      const picked = shape.with(normaliseAxis(axis, shape.length), k);
      return [
        { dtype, shape: picked },
        { dtype: 'int64', shape: picked },
      ];
    },
  }),
};

function requireSameRank(data: Value, indices: Value, axis: number): void {
  normaliseAxis(axis, data.shape.length);
  if (indices.shape.length !== data.shape.length) {
    throw new ModelLockError(
      'shape',
      `indices ${showShape(indices.shape)} for data ${showShape(data.shape)}`,
    );
  }
}

/** Rows (or, for other axes, slices) of x by number: an embedding for axis 0. */
export const gather = (x: Value, indices: Value, axis = 0): Value =>
  apply(gathers.Gather, [x, indices], { axis })[0];

/** PyTorch's `gather`. */
export const gatherElements = (x: Value, indices: Value, axis: number): Value =>
  apply(gathers.GatherElements, [x, indices], { axis })[0];

/** x with `updates` put at, or reduced into, the places that `indices` name. */
export const scatterElements = (
  x: Value,
  indices: Value,
  updates: Value,
  axis: number,
  reduction: Scatter = 'none',
): Value => apply(gathers.ScatterElements, [x, indices, updates], { axis, reduction })[0];

export const scatterAdd = (x: Value, indices: Value, updates: Value, axis: number): Value =>
  scatterElements(x, indices, updates, axis, 'add');

/**
 * float32, 1 at the index and 0 elsewhere, along a new axis. Indices from -depth to -1 count from the
 * end; others out of range give zeros.
 */
export const oneHot = (indices: Value, depth: number, axis = -1): Value =>
  apply(gathers.OneHot, [indices, ints([depth]), constant(float32([2], [0, 1]))], { axis })[0];

/** The k largest elements along `axis` in descending order, and their indices (int64). */
export function topK(x: Value, k: number, axis = -1): { values: Value; indices: Value } {
  const [values, indices] = apply(gathers.TopK, [x, ints([k])], { axis });
  return { values, indices };
}
