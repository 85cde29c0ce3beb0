import { ModelLockError } from '../../../base/error.ts';
import { float32, sizeOf } from '../../../tensor/tensor.ts';
import { unbroadcast, type GradientRules } from '../../autodiff/rule.ts';
import { normaliseAxis } from '../../shape.ts';
import { constant, shapeOf, type Value } from '../../value.ts';
import { add, mul, square, sub } from '../binary/ops.ts';
import { channelSum, channelwise } from '../channels.ts';
import { neg, rsqrt } from '../elementwise/ops.ts';
import { reduceMean } from '../reduction/ops.ts';
import { batchNorm, type norms } from './ops.ts';

export const normGradients: GradientRules<typeof norms> = {
  LayerNormalization: (
    { inputs: [x, scale, bias], outputs: [, mean, inverse], attributes: { axis = -1 } },
    [dy, dMean, dInverse],
  ) => {
    const rank = x.shape.length;
    const first = normaliseAxis(axis, rank);
    const axes = Array.from({ length: rank - first }, (_, i) => first + i);
    const normalised = mul(sub(x, mean), inverse);
    const share = 1 / sizeOf(shapeOf(scale));
    const ofStatistics = [
      dMean && mul(dMean, share),
      dInverse && mul(mul(dInverse, mul(square(inverse), -share)), normalised),
    ];
    return [
      ofStatistics.reduce<Value>(
        (sum, term) => (term ? add(sum, term) : sum),
        normalisedGradient(mul(dy, scale), normalised, inverse, axes),
      ),
      unbroadcast(mul(dy, normalised), scale.shape),
      bias && unbroadcast(dy, bias.shape),
    ];
  },
  BatchNormalization: (node, dys) =>
    node.attributes.training_mode === 1 ? ownGradient(node, dys) : givenGradient(node, dys),
  InstanceNormalization: ({ inputs: [x, scale], attributes: { epsilon = 1e-5 } }, [dy]) => {
    const axes = x.shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]));
    const centred = sub(x, reduceMean(x, { axes, keepdims: true }));
    const variance = reduceMean(square(centred), { axes, keepdims: true });
    const inverse = rsqrt(add(variance, epsilon));
    const normalised = mul(centred, inverse);
    return [
      normalisedGradient(mul(dy, channelwise(scale, x)), normalised, inverse, axes),
      channelSum(mul(dy, normalised)),
      channelSum(dy),
    ];
  },
};

type BatchNormRule = GradientRules<typeof norms>['BatchNormalization'];

/** Of batch normalisation by given statistics. */
const givenGradient: BatchNormRule = (
  { inputs: [x, scale, _bias, mean, variance], attributes: { epsilon = 1e-5 } },
  [dy],
) => {
  const inverse = rsqrt(add(variance, epsilon)); // [C]
  const slope = mul(scale, inverse);
  const sum = channelSum(dy);
  const moment = channelMoment(dy, x, mean, sum);
  return [
    mul(dy, channelwise(slope, x)),
    mul(moment, inverse),
    sum,
    neg(mul(sum, slope)),
    mul(mul(moment, slope), mul(-0.5, square(inverse))),
  ];
};

/** Of batch normalisation by the statistics of x itself. */
const ownGradient: BatchNormRule = (
  { inputs: [x, scale], outputs: [, mean, variance], attributes: { epsilon = 1e-5, momentum } },
  [dy, dMean, dVariance],
) => {
  if (momentum !== 0) {
    throw new ModelLockError(
      'unsupported',
      `operator BatchNormalization has no gradient in training mode with momentum ${momentum}`,
      { valid: [0] },
    );
  }
  const count = sizeOf(shapeOf(x)) / shapeOf(scale)[0];
  const inverse = rsqrt(add(variance, epsilon)); // [C]
  const slope = mul(scale, inverse);
  const sum = channelSum(dy);
  const moment = channelMoment(dy, x, mean, sum);
  // dx = slope (dy - sum / n - (x - mean) inverse^2 moment / n): a multiple of dy, and one of x
  // that a normalisation with unit variance computes in one go.
  const tilt = mul(mul(mul(slope, square(inverse)), moment), -1 / count);
  const shift = mul(mul(slope, sum), -1 / count);
  const shiftAll = dMean ? add(shift, mul(dMean, 1 / count)) : shift;
  const tiltAll = dVariance ? add(tilt, mul(dVariance, 2 / count)) : tilt;
  const unit = { mean, variance: constant(onesOf(shapeOf(scale))) };
  const dx = add(mul(dy, channelwise(slope, x)), batchNorm(x, tiltAll, shiftAll, unit, 0));
  return [dx, mul(moment, inverse), sum];
};

/** sum(dy (x - mean)) for each channel, given sum(dy). */
function channelMoment(dy: Value, x: Value, mean: Value, sum: Value): Value {
  return sub(channelSum(mul(dy, x)), mul(mean, sum));
}

function onesOf(shape: readonly number[]) {
  return float32(shape, new Float32Array(sizeOf(shape)).fill(1));
}

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
