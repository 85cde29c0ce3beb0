import { linear as affine } from '../../graph/functions/linear.ts';
import { batchNormTraining, groupNorm as normaliseGroups } from '../../graph/functions/norm.ts';
import { conv, convTranspose, type ConvOptions } from '../../graph/ops/conv/ops.ts';
import { add, mul } from '../../graph/ops/binary/ops.ts';
import { gather } from '../../graph/ops/gather/ops.ts';
import { slice } from '../../graph/ops/movement/join-ops.ts';
import { squeeze } from '../../graph/ops/movement/shape-ops.ts';
import { batchNorm, layerNorm as normaliseLayer } from '../../graph/ops/norm/ops.ts';
import { constant, type Value } from '../../graph/value.ts';
import { int64 } from '../../tensor/tensor.ts';
import { fanIn, normal, ones, zeros, type Initialiser, type Scope } from '../scope.ts';

/** Layers of PyTorch, under its names and with its initial values. */

export interface LinearOptions {
  /** Default: true. */
  readonly bias?: boolean;
  readonly init?: Initialiser;
}

/** x W^T + b over the last axis; W is [out, in]. */
export function linear(scope: Scope, x: Value, out: number, options: LinearOptions = {}): Value {
  const features = Number(x.shape.at(-1));
  const { bias = true, init = fanIn(features) } = options;
  const biasInit = options.init ? zeros : fanIn(features);
  return affine(
    x,
    scope.parameter('weight', [out, features], init),
    bias ? scope.parameter('bias', [out], biasInit) : undefined,
  );
}

export interface Conv2dOptions extends ConvOptions {
  readonly kernel: number;
  /** Default: true. */
  readonly bias?: boolean;
  readonly init?: Initialiser;
}

/** Convolution of x [B, C, H, W] with `out` kernels. */
export function conv2d(scope: Scope, x: Value, out: number, options: Conv2dOptions): Value {
  const { kernel, bias = true, groups = 1 } = options;
  const channels = Number(x.shape[1]) / groups;
  const init = options.init ?? fanIn(channels * kernel * kernel);
  const w = scope.parameter('weight', [out, channels, kernel, kernel], init);
  const biasInit = options.init ? zeros : init;
  return conv(x, w, bias ? scope.parameter('bias', [out], biasInit) : undefined, options);
}

/** Transposed convolution of x [B, C, H, W]: `out` channels, larger by the stride. */
export function convTranspose2d(
  scope: Scope,
  x: Value,
  out: number,
  options: ConvOptions & { readonly kernel: number },
): Value {
  const { kernel, groups = 1 } = options;
  const width = out / groups;
  // PyTorch takes the second axis for the fan in, here too.
  const init = fanIn(width * kernel * kernel);
  const w = scope.parameter('weight', [Number(x.shape[1]), width, kernel, kernel], init);
  return convTranspose(x, w, scope.parameter('bias', [out], init), options);
}

export function layerNorm(scope: Scope, x: Value, epsilon = 1e-5): Value {
  const features = Number(x.shape.at(-1));
  return normaliseLayer(
    x,
    scope.parameter('weight', [features], ones),
    scope.parameter('bias', [features], zeros),
    { epsilon },
  );
}

/** What a condition makes of a normalised x [B, C, ...]: x (1 + scale) + shift, both [B, C]. */
export interface Modulation {
  readonly scale: Value;
  readonly shift: Value;
}

export function groupNorm(
  scope: Scope,
  x: Value,
  groups: number,
  epsilon = 1e-5,
  modulation?: Modulation,
): Value {
  const channels = Number(x.shape[1]);
  const scale = scope.parameter('weight', [channels], ones);
  const bias = scope.parameter('bias', [channels], zeros);
  if (!modulation) return normaliseGroups(x, groups, scale, bias, epsilon);
  // One product and one sum over all of x instead of two each.
  const factor = add(modulation.scale, 1);
  const shift = add(mul(bias, factor), modulation.shift);
  return normaliseGroups(x, groups, mul(scale, factor), shift, epsilon);
}

/**
 * Batch normalisation; in training with the batch's own statistics, which become buffers. A frozen
 * layer uses the statistics that it has and keeps them: it is to go on computing the same.
 */
export function batchNorm2d(scope: Scope, x: Value, epsilon = 1e-5, momentum = 0.1): Value {
  const channels = [Number(x.shape[1])];
  const scale = scope.parameter('weight', channels, ones);
  const bias = scope.parameter('bias', channels, zeros);
  const running = {
    mean: scope.buffer('running_mean', channels, zeros),
    variance: scope.buffer('running_var', channels, ones),
  };
  if (!scope.learns('weight')) return batchNorm(x, scale, bias, running, epsilon);
  const trained = batchNormTraining(x, scale, bias, running, { momentum, epsilon });
  scope.update('running_mean', trained.running.mean);
  scope.update('running_var', trained.running.variance);
  return trained.y;
}

/** Rows of a table [count, features] by int64 ids. */
export function embedding(scope: Scope, ids: Value, count: number, features: number): Value {
  return gather(scope.parameter('weight', [count, features], normal(0.02)), ids);
}

/** One token of each sequence: [B, D] of [B, T, D], where T may be a named axis. */
export const tokenAt = (x: Value, place: number): Value =>
  typeof x.shape[1] === 'string'
    ? gather(x, constant(int64([], [place])), 1)
    : squeeze(slice(x, { axis: 1, start: place, end: place + 1 }), [1]);

/** Leaves out whole samples of a residual branch in training (stochastic depth, arXiv 1603.09382). */
export function dropPath(scope: Scope, x: Value, rate: number): Value {
  if (!scope.training || rate === 0) return x;
  const shape = x.shape.map((dim, axis) => (axis === 0 ? Number(dim) : 1));
  return mul(x, scope.mask('drop_path', shape, 1 - rate));
}

/** The rate of each of `depth` blocks: from zero at the first in a line to `rate` at the last. */
export function dropPathRates(rate: number, depth: number): number[] {
  return Array.from({ length: depth }, (_, i) => (depth > 1 ? (rate * i) / (depth - 1) : 0));
}

/** As `dropPathRates` for blocks in stages: the rates of the blocks of each stage. */
export function dropPathRatesOfStages(rate: number, depths: readonly number[]): number[][] {
  const starts = depths.map((_, i) => depths.slice(0, i).reduce((a, b) => a + b, 0));
  const rates = dropPathRates(rate, starts.at(-1)! + depths.at(-1)!);
  return depths.map((depth, i) => rates.slice(starts[i], starts[i] + depth));
}
