import { ModelLockError } from '../../../base/error.ts';
import { normaliseAxis, showShape, type Dim, type Shape } from '../../shape.ts';
import { apply, constantInts, ints, operator, type Value } from '../../value.ts';
import { commonDType, required } from '../infer.ts';

/** Operators that cut tensors apart and put them together. */
export const joinOps = {
  Concat: operator({
    name: 'Concat',
    attributes: { axis: 'int' },
    infer: (inputs, { axis = 0 }) => {
      const values = inputs.map((_, i) => required(inputs, i));
      return [{ dtype: commonDType(values), shape: joinedShape(values, axis) }];
    },
  }),
  /** Inputs: data, starts, ends, axes, steps; all but the first constant. */
  Slice: operator({
    name: 'Slice',
    attributes: {},
    infer: (inputs) => {
      const x = required(inputs, 0);
      const shape = [...x.shape];
      for (const range of rangesOf(inputs)) shape[range.axis] = lengthOf(range);
      return [{ dtype: x.dtype, shape }];
    },
  }),
  Split: operator({
    name: 'Split',
    attributes: { axis: 'int', num_outputs: 'int' },
    infer: (inputs, { axis = 0 }) => {
      const x = required(inputs, 0);
      const along = normaliseAxis(axis, x.shape.length);
      return constantInts(inputs[1], 'the sizes').map((size) => ({
        dtype: x.dtype,
        shape: x.shape.with(along, size),
      }));
    },
  }),
};

/** The shape of pieces that are joined along an axis. */
export function joinedShape(pieces: readonly { readonly shape: Shape }[], axis: number): Shape {
  const [{ shape: first }] = pieces;
  const along = normaliseAxis(axis, first.length);
  for (const { shape } of pieces) {
    const fits =
      shape.length === first.length && shape.every((dim, i) => i === along || dim === first[i]);
    if (!fits) throw new ModelLockError('shape', `${showShape(first)} and ${showShape(shape)}`);
  }
  return first.with(along, pieces.map(({ shape }) => shape[along]).reduce(sum));
}

function sum(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  throw new ModelLockError('shape', 'named axes cannot be concatenated');
}

/** What a slice takes along one axis: start, start + step, ... while before end. */
export interface Range {
  readonly axis: number;
  readonly start: number;
  /** Excluded; -1 for a negative step that runs to the first element. */
  readonly end: number;
  readonly step: number;
}

/** A range whose bounds may count from the end or lie outside, as a Slice node has it. */
export function clampedRange({ axis, start, end, step }: Range, length: Dim): Range {
  if (typeof length === 'string') {
    throw new ModelLockError('shape', `cannot slice the named axis ${length}; bind it`);
  }
  const clamp = (bound: number, low: number, high: number): number =>
    Math.min(Math.max(bound < 0 ? bound + length : bound, low), high);
  // Backwards a start is an element, and an end may lie before the first.
  return step > 0
    ? { axis, start: clamp(start, 0, length), end: clamp(end, 0, length), step }
    : { axis, start: clamp(start, 0, length - 1), end: clamp(end, -1, length - 1), step };
}

/** How many elements a clamped range takes. */
export const lengthOf = ({ start, end, step }: Range): number =>
  Math.max(0, Math.ceil((end - start) / step));

/** The ranges of a Slice node, clamped and counted from the front. */
export function rangesOf(inputs: readonly (Value | undefined)[]): readonly Range[] {
  const x = required(inputs, 0);
  const starts = constantInts(inputs[1], 'starts');
  const ends = constantInts(inputs[2], 'ends');
  const axes = inputs[3] ? constantInts(inputs[3], 'axes') : starts.map((_, i) => i);
  const steps = inputs[4] ? constantInts(inputs[4], 'steps') : starts.map(() => 1);
  return starts.map((start, i) => {
    const axis = normaliseAxis(axes[i], x.shape.length);
    return clampedRange({ axis, start, end: ends[i], step: steps[i] }, x.shape[axis]);
  });
}

/** All values one after the other along an axis; one alone as it is. */
export const concat = (values: readonly Value[], axis: number): Value =>
  values.length === 1 ? values[0] : apply(joinOps.Concat, values, { axis })[0];

export interface SliceOptions {
  readonly axis: number;
  /** Default 0. Negative bounds count from the end. */
  readonly start?: number;
  /** Excluded. Default: to the end. */
  readonly end?: number;
  /** Default 1. */
  readonly step?: number;
}

/** Any int64 beyond every length. */
const farEnd = 2 ** 53 - 1;

/**
 * What the ranges take of x, each along an axis of its own. Bounds beyond the ends are those of the
 * ends; axes without a range stay whole.
 */
export function slice(x: Value, ...ranges: readonly SliceOptions[]): Value {
  const last = ({ step = 1, end }: SliceOptions): number => end ?? (step > 0 ? farEnd : -farEnd);
  const columns = [
    ranges.map(({ step = 1, start }) => start ?? (step > 0 ? 0 : farEnd)),
    ranges.map(last),
    ranges.map(({ axis }) => normaliseAxis(axis, x.shape.length)),
    ranges.map(({ step = 1 }) => step),
  ];
  return apply(joinOps.Slice, [x, ...columns.map(ints)], {})[0];
}

/** Consecutive pieces of the given sizes. */
export const split = (x: Value, sizes: readonly number[], axis: number): readonly Value[] =>
  apply(joinOps.Split, [x, ints(sizes)], { axis });

/** `count` equal pieces. */
export function chunk(x: Value, count: number, axis: number): readonly Value[] {
  const length = x.shape[normaliseAxis(axis, x.shape.length)];
  if (typeof length === 'string' || length % count !== 0) {
    throw new ModelLockError('shape', `${length} does not divide into ${count} pieces`);
  }
  return split(x, Array<number>(count).fill(length / count), axis);
}
