import { ModelLockError } from '../../base/error.ts';
import { neg } from '../ops/elementwise/ops.ts';
import { topK } from '../ops/gather/ops.ts';
import { concat, slice } from '../ops/movement/join-ops.ts';
import { reshape, unsqueeze } from '../ops/movement/shape-ops.ts';
import { tile } from '../ops/movement/repeat-ops.ts';
import { normaliseAxis } from '../shape.ts';
import type { Value } from '../value.ts';

/** Values of one shape, along a new axis. */
export const stack = (values: readonly Value[], axis = 0): Value =>
  concat(
    values.map((value) => unsqueeze(value, [axis])),
    axis,
  );

/** The elements along `axes` in reverse order. */
export const flip = (x: Value, axes: readonly number[]): Value =>
  slice(x, ...axes.map((axis) => ({ axis, step: -1 })));

/** Moves the elements along each axis by a shift; what leaves at one end enters at the other. */
export function roll(x: Value, shifts: readonly number[], axes: readonly number[]): Value {
  return axes.reduce((moved, axis, i) => rollAxis(moved, shifts[i], axis), x);
}

function rollAxis(x: Value, shift: number, axis: number): Value {
  const length = lengthOf(x, axis);
  const start = ((-shift % length) + length) % length;
  return start === 0
    ? x
    : concat([slice(x, { axis, start }), slice(x, { axis, end: start })], axis);
}

/** Each element `repeats` times in a row, along `axis`. */
export function repeatInterleave(x: Value, repeats: number, axis: number): Value {
  const along = normaliseAxis(axis, x.shape.length);
  const length = lengthOf(x, along);
  const apart = unsqueeze(x, [along + 1]);
  const repeated = tile(
    apart,
    apart.shape.map((_, i) => (i === along + 1 ? repeats : 1)),
  );
  return reshape(repeated, x.shape.with(along, length * repeats));
}

/** int64: where the elements along `axis` are in ascending order. Equal ones stay in order. */
export const argSort = (x: Value, axis = -1): Value =>
  topK(neg(x), lengthOf(x, axis), axis).indices;

function lengthOf(x: Value, axis: number): number {
  const length = x.shape[normaliseAxis(axis, x.shape.length)];
  if (typeof length === 'number') return length;
  throw new ModelLockError('shape', `the named axis ${length} cannot be rearranged`);
}
