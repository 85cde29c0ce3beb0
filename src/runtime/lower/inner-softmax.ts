import { div, sub } from '../../graph/ops/binary/ops.ts';
import { exp, log } from '../../graph/ops/elementwise/ops.ts';
import { reduceMax, reduceSum } from '../../graph/ops/reduction/ops.ts';
import type { Rewrite } from '../../graph/rewrite.ts';

/**
 * Softmax and its logarithm along another axis than the last, such as the classes of every pixel, by
 * what they are made of: ONNX Runtime moves the axis to the end and back, which takes three to five
 * times as long.
 */
export const reduceInnerSoftmax: Rewrite = ({ operator, attributes }, [x]) => {
  const isLog = operator.name === 'LogSoftmax';
  if (!x || !(isLog || operator.name === 'Softmax')) return undefined;
  const axis = Number(attributes['axis'] ?? -1);
  if (axis === -1 || axis === x.shape.length - 1) return undefined;
  const along = { axes: [axis], keepdims: true };
  const below = sub(x, reduceMax(x, along));
  const shares = exp(below);
  const sum = reduceSum(shares, along);
  return [isLog ? sub(below, log(sum)) : div(shares, sum)];
};
