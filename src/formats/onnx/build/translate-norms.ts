import { ModelLockError } from '../../../base/error.ts';
import { groupNorm } from '../../../graph/functions/norm.ts';
import { add, div, equal, mul, pow, square, where } from '../../../graph/ops/binary/ops.ts';
import { abs } from '../../../graph/ops/elementwise/ops.ts';
import { repeatInterleave } from '../../../graph/functions/arrange.ts';
import { graphOf } from '../../../graph/graph.ts';
import { instanceNorm, layerNorm } from '../../../graph/ops/norm/ops.ts';
import { averagePool } from '../../../graph/ops/pool/ops.ts';
import { reduceL2, reduceSum } from '../../../graph/ops/reduction/ops.ts';
import { reshape } from '../../../graph/ops/movement/shape-ops.ts';
import { logSoftmax, softmax } from '../../../graph/ops/softmax/ops.ts';
import { normaliseAxis, product, showShape } from '../../../graph/shape.ts';
import type { Value } from '../../../graph/value.ts';
import type { Call } from './call.ts';
import type { Translation, Translations } from './as-it-is.ts';

/** The first opset whose Softmax works along one axis; before, it worked over all from there on. */
const axisSoftmax = 13;
/** The first opset whose group normalisation scales each channel; before, each group. */
const channelScales = 21;

const softmaxOf =
  (compute: (x: Value, axis: number) => Value): Translation =>
  (call) => {
    const x = call.value(0);
    const { opset } = call.around;
    if (opset >= axisSoftmax) return [compute(x, call.int('axis', -1))];
    const axis = normaliseAxis(call.int('axis', 1), x.shape.length);
    if (axis === x.shape.length - 1) return [compute(x, -1)];
    const rows = product(x.shape.slice(0, axis));
    return [reshape(compute(reshape(x, [rows, product(x.shape.slice(axis))]), -1), x.shape)];
  };

/** A vector of one number a group as one of one number a channel. */
function perChannel(call: Call, index: number, channels: number): Value {
  const vector = call.value(index);
  const [length] = vector.shape;
  if (call.around.opset >= channelScales || length === channels) return vector;
  const each = channels / Number(length);
  if (Number.isInteger(each)) return repeatInterleave(vector, each, 0);
  throw new ModelLockError('shape', `${length} groups of ${channels} channels`);
}

/**
 * x / (bias + alpha * mean of x^2 over neighbouring channels)^beta: local response normalisation, as
 * AlexNet has it. The neighbours beyond the ends count as zeros.
 */
function localResponse(call: Call): Value {
  const x = call.value(0); // [B, C, ...]
  const size = call.int('size', 1);
  if (size < 1 || x.shape.length < 3) {
    throw new ModelLockError('corrupt', `${size} neighbours in ${showShape(x.shape)}`);
  }
  const before = Math.floor((size - 1) / 2);
  const columns = reshape(square(x), [x.shape[0], 1, x.shape[1], product(x.shape.slice(2))]);
  const means = averagePool(columns, {
    kernel: [size, 1],
    stride: 1,
    padding: [before, 0, size - 1 - before, 0],
  });
  const sums = mul(reshape(means, x.shape), call.float('alpha', 1e-4));
  return div(x, pow(add(sums, call.float('bias', 1)), call.float('beta', 0.75)));
}

/**
 * Whether this is one kernel's weights, in the place of a batch: standardised before they are used
 * (arXiv 1903.10520), for which timm has batch normalisation by the statistics of its own input.
 */
const isOfWeights = (x: Value): boolean => x.shape[0] === 1 && graphOf({ x }).inputs.size === 0;

/** Normalisations. */
export const normTranslations: Translations = {
  BatchNormalization: (call) => {
    const [x, scale, bias] = [0, 1, 2].map((i) => call.value(i));
    const epsilon = call.float('epsilon', 1e-5);
    if (call.int('training_mode', 0) === 1) {
      if (isOfWeights(x)) return [instanceNorm(x, scale, bias, epsilon)];
      throw new ModelLockError(
        'unsupported',
        'it is exported in training mode; export for inference',
      );
    }
    const [mean, variance] = [3, 4].map((i) => call.value(i));
    const momentum = call.float('momentum', 0.9);
    return [call.around.normalisation(x, { scale, bias, mean, variance, epsilon, momentum })];
  },
  GroupNormalization: (call) => {
    const x = call.value(0);
    const groups = call.int('num_groups', 1);
    const channels = Number(x.shape[1]);
    if (groups < 1 || x.shape.length < 3 || channels % groups !== 0) {
      throw new ModelLockError('corrupt', `${groups} groups of ${showShape(x.shape)}`);
    }
    return [
      groupNorm(
        x,
        groups,
        perChannel(call, 1, channels),
        perChannel(call, 2, channels),
        call.float('epsilon', 1e-5),
      ),
    ];
  },
  LayerNormalization: (call) => [
    layerNorm(call.value(0), call.value(1), call.optional(2), {
      axis: call.int('axis', -1),
      epsilon: call.float('epsilon', 1e-5),
    }),
  ],
  LpNormalization: (call) => {
    const x = call.value(0);
    const options = { axes: [call.int('axis', -1)], keepdims: true };
    const norm = call.int('p', 2) === 1 ? reduceSum(abs(x), options) : reduceL2(x, options);
    // Zeros stay zeros.
    return [div(x, where(equal(norm, 0), 1, norm))];
  },
  LRN: (call) => [localResponse(call)],
  LogSoftmax: softmaxOf(logSoftmax),
  Softmax: softmaxOf(softmax),
};
