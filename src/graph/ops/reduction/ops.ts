import { normaliseAxis, type Shape } from '../../shape.ts';
import {
  apply,
  constantInts,
  ints,
  operator,
  type AttributesOf,
  type Value,
  type ValueType,
} from '../../value.ts';
import { square } from '../binary/ops.ts';
import { abs } from '../elementwise/ops.ts';
import { required } from '../infer.ts';

const attributes = { keepdims: 'int', noop_with_empty_axes: 'int' } as const;

const reduction = <const Name extends string>(name: Name) => operator({ name, attributes, infer });

/** Reductions take their axes as a constant second input; without it they reduce all axes. */
export const reductions = {
  ReduceSum: reduction('ReduceSum'),
  ReduceMean: reduction('ReduceMean'),
  ReduceMax: reduction('ReduceMax'),
  ReduceMin: reduction('ReduceMin'),
  ReduceProd: reduction('ReduceProd'),
  ReduceL2: reduction('ReduceL2'),
  ReduceSumSquare: reduction('ReduceSumSquare'),
  ReduceLogSumExp: reduction('ReduceLogSumExp'),
  ArgMax: operator({
    name: 'ArgMax',
    attributes: { axis: 'int', keepdims: 'int', select_last_index: 'int' },
    infer: (inputs, { axis = 0, keepdims = 1 }) => [
      { dtype: 'int64', shape: reducedShape(required(inputs, 0).shape, [axis], keepdims === 1) },
    ],
  }),
};

function infer(
  inputs: readonly (Value | undefined)[],
  { keepdims = 1 }: AttributesOf<typeof attributes>,
): readonly ValueType[] {
  const x = required(inputs, 0);
  return [{ dtype: x.dtype, shape: reducedShape(x.shape, axesOf(inputs), keepdims === 1) }];
}

/** The axes a reduction node works over, counted from the front. */
export function axesOf(inputs: readonly (Value | undefined)[]): readonly number[] {
  const rank = required(inputs, 0).shape.length;
  const given = inputs[1] ? constantInts(inputs[1], 'axes') : [];
  return given.length === 0
    ? Array.from({ length: rank }, (_, i) => i)
    : given.map((axis) => normaliseAxis(axis, rank));
}

/** `shape` with `axes` made 1, or taken out. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): Shape {
  const reduced = new Set(axes.map((axis) => normaliseAxis(axis, shape.length)));
  return keepdims
    ? shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim))
    : shape.filter((_, axis) => !reduced.has(axis));
}

export interface ReduceOptions {
  /** Default: all. Negative ones count from the end. */
  readonly axes?: readonly number[];
  /** Default: false, as in NumPy and PyTorch (and unlike ONNX). */
  readonly keepdims?: boolean;
}

/** @param ofOne what comes of one element: the reduction over no axes. */
const reduce =
  (
    op: (typeof reductions)[Exclude<keyof typeof reductions, 'ArgMax'>],
    ofOne: (x: Value) => Value = (x) => x,
  ) =>
  (x: Value, { axes, keepdims = false }: ReduceOptions = {}): Value =>
    axes?.length === 0
      ? ofOne(x)
      : apply(op as typeof reductions.ReduceSum, [x, axes && ints(axes)], {
          keepdims: keepdims ? 1 : 0,
        })[0];

export const reduceSum = reduce(reductions.ReduceSum);
export const reduceMean = reduce(reductions.ReduceMean);
export const reduceMax = reduce(reductions.ReduceMax);
export const reduceMin = reduce(reductions.ReduceMin);
export const reduceProd = reduce(reductions.ReduceProd);
export const reduceL2 = reduce(reductions.ReduceL2, abs);
export const reduceSumSquare = reduce(reductions.ReduceSumSquare, square);
export const reduceLogSumExp = reduce(reductions.ReduceLogSumExp);

/** The index of the first largest element along `axis`, int64. */
export const argMax = (x: Value, axis: number, keepdims = false): Value =>
  apply(reductions.ArgMax, [x], { axis, keepdims: keepdims ? 1 : 0 })[0];
