import { isFloating } from '../../tensor/dtype.ts';
import { float32, int64 } from '../../tensor/tensor.ts';
import {
  add,
  and,
  div,
  equal,
  greater,
  greaterOrEqual,
  less,
  mul,
  square,
  sub,
  where,
} from '../ops/binary/ops.ts';
import { abs, cast, log, neg, not, softplus } from '../ops/elementwise/ops.ts';
import { oneHot } from '../ops/gather/ops.ts';
import { reshape } from '../ops/movement/shape-ops.ts';
import { reduceMean, reduceSum } from '../ops/reduction/ops.ts';
import { logSoftmax } from '../ops/softmax/ops.ts';
import { constant, shapeOf, type Value } from '../value.ts';

/**
 * Losses as PyTorch defines them, and as its functions of these names compute them; but labels that
 * are no classes are not refused.
 */

export type Reduction = 'mean' | 'sum' | 'none';

const reduced: Record<Reduction, (losses: Value) => Value> = {
  mean: (losses) => reduceMean(losses),
  sum: (losses) => reduceSum(losses),
  none: (losses) => losses,
};

export interface LossOptions {
  /** Default: the mean. */
  readonly reduction?: Reduction;
}

export interface CrossEntropyOptions extends LossOptions {
  /** A label whose positions count for nothing, as those of negative labels do. Default -100. */
  readonly ignoreIndex?: number;
  /** The share of the target that is spread evenly over all classes. Default 0. */
  readonly labelSmoothing?: number;
  /** Factor of each class; `mean` divides by the sum of the targets' factors. */
  readonly weight?: readonly number[];
}

/**
 * Cross-entropy of logits [B, C, ...] with labels (integers, [B, ...]) or with distributions over
 * classes (float, [B, C, ...]). A label beyond the last class costs 0, but for what smoothing adds,
 * and does not count in the mean. Where no label counts, the mean is NaN, as in PyTorch.
 */
export function crossEntropy(
  logits: Value,
  target: Value,
  options: CrossEntropyOptions = {},
): Value {
  const logProbabilities = logSoftmax(logits, 1);
  return isFloating(target.dtype)
    ? distributionLoss(logProbabilities, target, options)
    : negativeLogLikelihood(logProbabilities, target, options);
}

/** As `crossEntropy` with labels, of log-probabilities [B, C, ...]. */
export function negativeLogLikelihood(
  logProbabilities: Value,
  target: Value,
  options: CrossEntropyOptions = {},
): Value {
  const labels = cast(target, 'int64');
  const { reduction = 'mean', ignoreIndex = -100, labelSmoothing = 0, weight } = options;
  const classes = shapeOf(logProbabilities)[1];
  const isClass = greaterOrEqual(labels, constant(int64([], [0])));
  const isIgnored = equal(labels, constant(int64([], [ignoreIndex])));
  const counted = cast(and(isClass, not(isIgnored)), 'float32'); // [B, ...]
  const chosen = mul(oneHot(labels, classes, 1), broadcastClass(counted)); // [B, C, ...]
  const weighted = weight ? mul(chosen, classWeights(weight, logProbabilities)) : chosen;
  const targets =
    labelSmoothing === 0
      ? weighted
      : add(
          mul(weighted, 1 - labelSmoothing),
          mul(evenTargets(counted, logProbabilities, weight), labelSmoothing / classes),
        );
  const losses = neg(expectedLog(targets, logProbabilities)); // [B, ...]
  if (reduction !== 'mean') return reduced[reduction](losses);
  return div(reduceSum(losses), reduceSum(weighted));
}

/** [B, C, ...]: the weight of every class at positions that count. */
function evenTargets(counted: Value, like: Value, weight: readonly number[] | undefined): Value {
  const classes = shapeOf(like)[1];
  const weights = weight ?? Array.from({ length: classes }, () => 1);
  return mul(broadcastClass(counted), classWeights(weights, like));
}

/** [B, ...] as [B, 1, ...]. */
function broadcastClass(x: Value): Value {
  return reshape(x, [x.shape[0], 1, ...x.shape.slice(1)]);
}

/** [C, 1, ...], to broadcast over [B, C, ...]. */
function classWeights(weight: readonly number[], like: Value): Value {
  return constant(float32([weight.length, ...like.shape.slice(2).map(() => 1)], weight));
}

function distributionLoss(
  logProbabilities: Value,
  target: Value,
  { reduction = 'mean', labelSmoothing = 0, weight }: CrossEntropyOptions,
): Value {
  const classes = shapeOf(target)[1];
  const smoothed =
    labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
  const weighted = weight ? mul(smoothed, classWeights(weight, target)) : smoothed;
  return reduced[reduction](neg(expectedLog(weighted, logProbabilities)));
}

/** The sum over classes of w log p, [B, ...]. What is impossible and not wanted, 0 log 0, adds nothing. */
function expectedLog(weights: Value, logProbabilities: Value): Value {
  const isNothing = and(equal(weights, 0), equal(logProbabilities, -Infinity));
  return reduceSum(mul(weights, where(isNothing, 0, logProbabilities)), { axes: [1] });
}

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** Factor on the positive targets, broadcast to them. */
  readonly positiveWeight?: Value;
}

/** Binary cross-entropy of logits and probabilities y of one shape, without overflow. */
export function bceWithLogits(
  logits: Value,
  y: Value,
  { reduction = 'mean', positiveWeight }: BinaryCrossEntropyOptions = {},
): Value {
  // -y log(s(x)) = y softplus(-x), -(1 - y) log(1 - s(x)) = (1 - y) (x + softplus(-x)).
  const negative = sub(1, y);
  const factor = positiveWeight ? add(mul(sub(positiveWeight, 1), y), 1) : undefined;
  const tail = softplus(neg(logits));
  return reduced[reduction](add(mul(negative, logits), factor ? mul(factor, tail) : tail));
}

/** Squared error. */
export const mse = (a: Value, b: Value, { reduction = 'mean' }: LossOptions = {}): Value =>
  reduced[reduction](square(sub(a, b)));

/** Absolute error. */
export const l1 = (a: Value, b: Value, { reduction = 'mean' }: LossOptions = {}): Value =>
  reduced[reduction](abs(sub(a, b)));

/** Absolute error, quadratic where it is below delta: d^2 / 2 below, delta (|d| - delta / 2) above. */
export function huber(
  a: Value,
  b: Value,
  delta = 1,
  { reduction = 'mean' }: LossOptions = {},
): Value {
  const distance = abs(sub(a, b));
  const near = mul(square(distance), 0.5);
  const far = mul(sub(distance, delta / 2), delta);
  return reduced[reduction](where(less(distance, delta), near, far));
}

/** The Huber loss over its delta, here called beta; at zero the limit, the absolute error. */
export const smoothL1 = (a: Value, b: Value, beta = 1, options: LossOptions = {}): Value =>
  beta === 0 ? l1(a, b, options) : mul(huber(a, b, beta, options), 1 / beta);

/** How PyTorch's `kl_div` reduces: `batchmean` divides by the first axis and is the true mean. */
export type DivergenceReduction = Reduction | 'batchmean';

/** Kullback-Leibler divergence of probabilities p from log-probabilities log q: p (log p - log q). */
export function klDivergence(
  logQ: Value,
  p: Value,
  reduction: DivergenceReduction = 'batchmean',
): Value {
  // Zero where p is zero: log is taken of 1 there.
  const positive = greater(p, 0);
  const terms = mul(p, sub(log(where(positive, p, 1)), logQ));
  return reduction === 'batchmean'
    ? mul(reduceSum(terms), 1 / shapeOf(p)[0])
    : reduced[reduction](terms);
}
