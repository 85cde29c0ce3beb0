import { unbroadcast, type GradientRules } from '../../autodiff/rule.ts';
import { normaliseAxis } from '../../shape.ts';
import { shapeOf, type Value } from '../../value.ts';
import { add, div, mul, square, sub } from '../binary/ops.ts';
import { neg, sqrt } from '../elementwise/ops.ts';
import { reshape } from '../movement/shape-ops.ts';
import { reduceMean, reduceSum } from '../reduction/ops.ts';
import type { norms } from './ops.ts';

export const normGradients: GradientRules<typeof norms> = {
  LayerNormalization: (
    { inputs: [x, scale, bias], outputs: [, mean, inverse], attributes: { axis = -1 } },
    [dy],
  ) => {
    const rank = x.shape.length;
    const first = normaliseAxis(axis, rank);
    const axes = Array.from({ length: rank - first }, (_, i) => first + i);
    const normalised = mul(sub(x, mean), inverse);
    return [
      normalisedGradient(mul(dy, scale), normalised, inverse, axes),
      unbroadcast(mul(dy, normalised), scale.shape),
      bias && unbroadcast(dy, bias.shape),
    ];
  },
  BatchNormalization: (
    { inputs: [x, scale, _bias, mean, variance], attributes: { epsilon = 1e-5 } },
    [dy],
  ) => {
    const inverse = div(1, sqrt(add(variance, epsilon))); // [C]
    const sum = channelSum(dy);
    // sum(dy * (x - mean)), of which the gradients of scale and variance are multiples.
    const moment = channelSum(mul(dy, sub(x, channelwise(mean, x))));
    const slope = mul(scale, inverse);
    return [
      mul(dy, channelwise(slope, x)),
      mul(moment, inverse),
      sum,
      neg(mul(sum, slope)),
      mul(mul(moment, slope), mul(-0.5, square(inverse))),
    ];
  },
  InstanceNormalization: ({ inputs: [x, scale], attributes: { epsilon = 1e-5 } }, [dy]) => {
    const axes = x.shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]));
    const centred = sub(x, reduceMean(x, { axes, keepdims: true }));
    const variance = reduceMean(square(centred), { axes, keepdims: true });
    const inverse = div(1, sqrt(add(variance, epsilon)));
    const normalised = mul(centred, inverse);
    return [
      normalisedGradient(mul(dy, channelwise(scale, x)), normalised, inverse, axes),
      channelSum(mul(dy, normalised)),
      channelSum(dy),
    ];
  },
};

/**
 * From the gradient g of n = (x - mean) / deviation to that of x:
 * (g - mean(g) - n mean(g n)) / deviation, with the means over the axes of the statistics.
 */
function normalisedGradient(
  g: Value,
  normalised: Value,
  inverse: Value,
  axes: readonly number[],
): Value {
  const along = mul(normalised, reduceMean(mul(g, normalised), { axes, keepdims: true }));
  return mul(sub(sub(g, reduceMean(g, { axes, keepdims: true })), along), inverse);
}

/** Sums over all axes but the channels: [C]. */
function channelSum(x: Value): Value {
  return reduceSum(x, { axes: x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])) });
}

/** A vector [C] so that it broadcasts over the channels of x: [C, 1, ...]. */
function channelwise(vector: Value, x: Value): Value {
  return reshape(vector, [...shapeOf(vector), ...x.shape.slice(2).map(() => 1)]);
}
