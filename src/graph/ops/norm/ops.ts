import { ModelLockError } from '../../../base/error.ts';
import { normaliseAxis, showShape } from '../../shape.ts';
import { apply, operator, type Value } from '../../value.ts';
import { mul } from '../binary/ops.ts';
import { required, sameAsFirst } from '../infer.ts';

export const norms = {
  /**
   * Inputs: x, scale, bias over the axes from `axis` on. Outputs: y, mean, 1 / deviation; the latter
   * two float32, whatever x is.
   */
  LayerNormalization: operator({
    name: 'LayerNormalization',
    optionalOutputs: 2,
    attributes: { axis: 'int', epsilon: 'float', stash_type: 'int' },
    infer: (inputs, { axis = -1 }) => {
      const { dtype, shape } = required(inputs, 0);
      const first = normaliseAxis(axis, shape.length);
      const scale = required(inputs, 1).shape;
      if (showShape(scale) !== showShape(shape.slice(first))) {
        throw new ModelLockError('shape', `scale ${showShape(scale)} for ${showShape(shape)}`);
      }
      const kept = shape.map((dim, i) => (i < first ? dim : 1));
      const statistic = { dtype: 'float32', shape: kept } as const;
      return [{ dtype, shape }, statistic, statistic];
    },
  }),
  /**
   * Inputs: x [B, C, ...], then scale, bias, running mean and variance [C]. In training mode it
   * normalises by the statistics of x itself, and mixes them, times 1 - momentum, into the running
   * ones, its further outputs. The variance is the biased one.
   */
  BatchNormalization: operator({
    name: 'BatchNormalization',
    attributes: { epsilon: 'float', momentum: 'float', training_mode: 'int' },
    infer: (inputs, { training_mode = 0 }) => {
      const x = required(inputs, 0);
      const vectors = [1, 2, 3, 4].map((i) => required(inputs, i));
      vectors.forEach((vector) => requireChannels(x, vector));
      const statistic = { dtype: x.dtype, shape: vectors[0].shape };
      const y = { dtype: x.dtype, shape: x.shape };
      return training_mode === 1 ? [y, statistic, statistic] : [y];
    },
  }),
  /** Each channel of each sample by its own statistics. Inputs: x [B, C, ...], scale, bias [C]. */
  InstanceNormalization: operator({
    name: 'InstanceNormalization',
    attributes: { epsilon: 'float' },
    infer: (inputs) => {
      [1, 2].forEach((i) => requireChannels(required(inputs, 0), required(inputs, i)));
      return sameAsFirst(inputs);
    },
  }),
};

function requireChannels(x: Value, vector: Value): void {
  if (vector.shape.length !== 1 || vector.shape[0] !== x.shape[1]) {
    throw new ModelLockError(
      'shape',
      `${showShape(vector.shape)} for the channels of ${showShape(x.shape)}`,
    );
  }
}

export interface LayerNormOptions {
  /** The first of the axes that are normalised together. Default: -1. */
  readonly axis?: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/** (x - mean) / sqrt(variance + epsilon) * scale + bias, over the last axes (arXiv 1607.06450). */
export const layerNorm = (
  x: Value,
  scale: Value,
  bias?: Value,
  { axis = -1, epsilon = 1e-5 }: LayerNormOptions = {},
): Value => apply(norms.LayerNormalization, [x, scale, bias], { axis, epsilon })[0];

export interface ChannelStatistics {
  /** [C] */
  readonly mean: Value;
  /** [C] */
  readonly variance: Value;
}

/** Batch normalisation with running statistics, as at prediction. */
export const batchNorm = (
  x: Value,
  scale: Value,
  bias: Value,
  { mean, variance }: ChannelStatistics,
  epsilon = 1e-5,
): Value => apply(norms.BatchNormalization, [x, scale, bias, mean, variance], { epsilon })[0];

/** Batch normalisation by the statistics of x itself, and these: the variance is the biased one. */
export function batchNormOwn(
  x: Value,
  scale: Value,
  bias: Value,
  epsilon = 1e-5,
): { readonly y: Value; readonly statistics: ChannelStatistics } {
  // With a momentum of 0 the new running statistics are those of x. What stands in for the old ones
  // must be two values of no further use: ONNX Runtime writes the new ones over them.
  const attributes = { epsilon, momentum: 0, training_mode: 1 };
  const inputs = [x, scale, bias, mul(bias, 0), mul(scale, 0)];
  const [y, mean, variance] = apply(norms.BatchNormalization, inputs, attributes);
  return { y, statistics: { mean, variance } };
}

/** Each channel of each sample normalised over its places; scale and bias [C]. */
export const instanceNorm = (x: Value, scale: Value, bias: Value, epsilon = 1e-5): Value =>
  apply(norms.InstanceNormalization, [x, scale, bias], { epsilon })[0];
