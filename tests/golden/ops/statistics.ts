import * as losses from '../../../src/graph/functions/losses.ts';
import { batchNormTraining, groupNorm, rmsNorm } from '../../../src/graph/functions/norm.ts';
import {
  cosineSimilarity,
  maxAlong,
  normalise,
  variance,
} from '../../../src/graph/functions/statistics.ts';
import { batchNorm, instanceNorm, layerNorm } from '../../../src/graph/ops/norm/ops.ts';
import {
  reduceL2,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  type ReduceOptions,
} from '../../../src/graph/ops/reduction/ops.ts';
import { logSoftmax, softmax } from '../../../src/graph/ops/softmax/ops.ts';
import { constant, shapeOf, type Value } from '../../../src/graph/value.ts';
import { float32, sizeOf } from '../../../src/tensor/tensor.ts';
import type { OpBuilder, OpContext, OpTable } from './case.ts';

const reduceOptions = ({ attributes: { axes, keepdims } }: OpContext): ReduceOptions => ({
  axes: (axes as readonly number[] | null) ?? undefined,
  keepdims,
});

const reduction =
  (reduce: (x: Value, options: ReduceOptions) => Value): OpBuilder =>
  ([x], context) =>
    reduce(x, reduceOptions(context));

/** A scale of ones where the case has none. */
const layerNormalised: OpBuilder = ([x, weight, bias], { attributes: { axes, eps } }) => {
  const shape = shapeOf(x).slice(-(axes as number));
  const ones = constant(float32(shape, new Float32Array(sizeOf(shape)).fill(1)));
  return layerNorm(x, weight ?? ones, bias, { axis: -(axes as number), epsilon: eps });
};

const batchNormalised: OpBuilder = ([x, weight, bias], { attributes, state }) => {
  const running = { mean: state('running_mean'), variance: state('running_var') };
  if (!attributes.training) return batchNorm(x, weight, bias, running, attributes.eps);
  const { y, running: after } = batchNormTraining(x, weight, bias, running, {
    momentum: attributes.momentum,
    epsilon: attributes.eps,
  });
  return {
    outputs: [y],
    extra: { running_mean_after: after.mean, running_var_after: after.variance },
  };
};

const entropyOptions = ({ attributes }: OpContext): losses.CrossEntropyOptions => ({
  reduction: attributes.reduction,
  ignoreIndex: attributes.ignore_index,
  labelSmoothing: attributes.label_smoothing,
  weight: attributes.weight,
});

/** `reduction`, `softmax`, `norm` and `loss`. */
export const statisticsTable: OpTable = {
  sum: reduction(reduceSum),
  mean: reduction(reduceMean),
  amax: reduction(reduceMax),
  amin: reduction(reduceMin),
  prod: reduction(reduceProd),
  norm: reduction(reduceL2),
  max: ([x], { attributes: { axes } }) => maxAlong(x, (axes as readonly number[])[0]),
  var: ([x], context) =>
    variance(x, { ...reduceOptions(context), correction: context.attributes.correction }),
  softmax: ([x], { attributes: { axis } }) => softmax(x, axis),
  log_softmax: ([x], { attributes: { axis } }) => logSoftmax(x, axis),
  logsumexp: ([x], { attributes: { axis } }) => reduceLogSumExp(x, { axes: [axis!] }),
  layer_norm: layerNormalised,
  rms_norm: ([x, weight], { attributes: { eps } }) => rmsNorm(x, weight, eps),
  group_norm: ([x, weight, bias], { attributes: { groups, eps } }) =>
    groupNorm(x, groups!, weight, bias, eps),
  instance_norm: ([x, weight, bias], { attributes: { eps } }) => instanceNorm(x, weight, bias, eps),
  batch_norm: batchNormalised,
  normalize: ([x], { attributes: { axis, eps } }) => normalise(x, axis, eps),
  cross_entropy: ([x, y], context) => losses.crossEntropy(x, y, entropyOptions(context)),
  'nll_loss after log_softmax': ([x, y]) => losses.negativeLogLikelihood(logSoftmax(x, 1), y),
  bce_with_logits: ([x, y], { attributes: { pos_weight: weight } }) =>
    losses.bceWithLogits(x, y, {
      positiveWeight: weight && constant(float32([weight.length], weight)),
    }),
  mse: ([x, y]) => losses.mse(x, y),
  l1: ([x, y]) => losses.l1(x, y),
  smooth_l1: ([x, y], { attributes: { beta } }) => losses.smoothL1(x, y, beta),
  huber: ([x, y], { attributes: { delta } }) => losses.huber(x, y, delta),
  'kl_div(log_softmax(x), softmax(y), batchmean)': ([x, y]) =>
    losses.klDivergence(logSoftmax(x, 1), softmax(y, 1)),
  cosine_similarity: ([a, b], { attributes: { axis, eps } }) => cosineSimilarity(a, b, axis, eps),
};
