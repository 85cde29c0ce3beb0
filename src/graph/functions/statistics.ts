import { sizeOf } from '../../tensor/tensor.ts';
import { div, maximum, mul, sub } from '../ops/binary/ops.ts';
import { gatherElements } from '../ops/gather/ops.ts';
import { squeeze } from '../ops/movement/shape-ops.ts';
import {
  argMax,
  reduceL2,
  reduceMean,
  reduceSum,
  reduceSumSquare,
  type ReduceOptions,
} from '../ops/reduction/ops.ts';
import { normaliseAxis } from '../shape.ts';
import { shapeOf, type Value } from '../value.ts';

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements. Default 1: the unbiased estimate, as in PyTorch. */
  readonly correction?: number;
}

/** The variance over `axes`. */
export function variance(x: Value, options: VarianceOptions = {}): Value {
  const { axes = x.shape.map((_, axis) => axis), keepdims, correction = 1 } = options;
  const shape = shapeOf(x);
  const count = sizeOf(axes.map((axis) => shape[normaliseAxis(axis, shape.length)]));
  const centred = sub(x, reduceMean(x, { axes, keepdims: true }));
  return mul(reduceSumSquare(centred, { axes, keepdims }), 1 / (count - correction));
}

/** x / max(|x|, eps), with the Euclidean norm along `axis`. */
export const normalise = (x: Value, axis = -1, eps = 1e-12): Value =>
  div(x, maximum(reduceL2(x, { axes: [axis], keepdims: true }), eps));

/** The cosine of the angle between a and b along `axis`. */
export function cosineSimilarity(a: Value, b: Value, axis = -1, eps = 1e-8): Value {
  const axes = [axis];
  const norms = mul(maximum(reduceL2(a, { axes }), eps), maximum(reduceL2(b, { axes }), eps));
  return div(reduceSum(mul(a, b), { axes }), norms);
}

/** The largest element along `axis`. The first of equals takes the gradient (`reduceMax` shares it). */
export function maxAlong(x: Value, axis: number, keepdims = false): Value {
  const largest = gatherElements(x, argMax(x, axis, true), axis);
  return keepdims ? largest : squeeze(largest, [axis]);
}
