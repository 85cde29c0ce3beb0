import { ModelLockError } from '../../base/error.ts';
import { float32, sizeOf } from '../../tensor/tensor.ts';
import { add, mul, square } from '../ops/binary/ops.ts';
import { channelwise } from '../ops/channels.ts';
import { rsqrt } from '../ops/elementwise/ops.ts';
import { reshape } from '../ops/movement/shape-ops.ts';
import { batchNormOwn, instanceNorm, type ChannelStatistics } from '../ops/norm/ops.ts';
import { reduceMean } from '../ops/reduction/ops.ts';
import { showShape } from '../shape.ts';
import { constant, shapeOf, type Value } from '../value.ts';

/** x / sqrt(mean(x^2) + epsilon) * scale, over the last axis (arXiv 1910.07467). */
export function rmsNorm(x: Value, scale: Value, epsilon = 1e-6): Value {
  const meanSquare = reduceMean(square(x), { axes: [-1], keepdims: true });
  return mul(mul(x, rsqrt(add(meanSquare, epsilon))), scale);
}

/**
 * Group normalisation of x [B, C, ...]: mean and variance over the places and the channels of one
 * of `groups` groups; scale and bias are [C], or [B, C] where each x has its own (arXiv 1803.08494).
 */
export function groupNorm(
  x: Value,
  groups: number,
  scale: Value,
  bias: Value,
  epsilon = 1e-5,
): Value {
  const grouped = reshape(x, [x.shape[0], groups, -1]); // [B, G, C / G * P]
  const normalised = instanceNorm(grouped, ones(groups), zeros(groups), epsilon);
  const apart = reshape(normalised, x.shape);
  return add(mul(apart, channelwise(scale, x)), channelwise(bias, x));
}

const ones = (length: number): Value =>
  constant(
    float32(
      [length],
      Array.from({ length }, () => 1),
    ),
  );
const zeros = (length: number): Value => constant(float32([length], new Float32Array(length)));

export interface BatchNormTrainingOptions {
  /** Share of the new statistics in the running ones. Default 0.1, as in PyTorch. */
  readonly momentum?: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

export interface BatchNormTraining {
  readonly y: Value;
  /** The running statistics after this batch: the variance is the unbiased one, as in PyTorch. */
  readonly running: ChannelStatistics;
}

/**
 * Batch normalisation of x [B, C, ...] with the statistics of the batch itself (arXiv 1502.03167).
 * Throws `shape` where a channel has one value, which has no variance.
 */
export function batchNormTraining(
  x: Value,
  scale: Value,
  bias: Value,
  running: ChannelStatistics,
  { momentum = 0.1, epsilon = 1e-5 }: BatchNormTrainingOptions = {},
): BatchNormTraining {
  const count = sizeOf(shapeOf(x)) / shapeOf(scale)[0];
  if (count === 1) {
    throw new ModelLockError(
      'shape',
      `batch normalisation cannot be trained on one value for each channel, ${showShape(x.shape)}; a larger batch or larger pictures have more`,
    );
  }
  const { y, statistics } = batchNormOwn(x, scale, bias, epsilon);
  const unbiased = mul(statistics.variance, count / (count - 1));
  const blend = (old: Value, fresh: Value): Value =>
    add(mul(old, 1 - momentum), mul(fresh, momentum));
  return {
    y,
    running: {
      mean: blend(running.mean, statistics.mean),
      variance: blend(running.variance, unbiased),
    },
  };
}
