import { apply, operator, type AttributesOf, type Value } from '../../value.ts';
import { required } from '../infer.ts';
import {
  padsFrom,
  perAxis,
  pooledShape,
  spatialShape,
  windowAttributes,
  windowsOver,
  type AxisWindow,
  type PerAxis,
  type WindowAttributes,
} from '../window.ts';

const poolAttributes = { ...windowAttributes, ceil_mode: 'int' } as const;
type PoolAttributes = AttributesOf<typeof poolAttributes>;

/** Pooling over the axes after batch and channels. */
export const pools = {
  /** Outputs: the largest of each window, and its index in the flattened input. */
  MaxPool: operator({
    name: 'MaxPool',
    optionalOutputs: 1,
    attributes: { ...poolAttributes, storage_order: 'int' },
    infer: (inputs, attributes) => {
      const x = required(inputs, 0);
      const shape = pooledShape(x, poolWindows(x, attributes));
      return [
        { dtype: x.dtype, shape },
        { dtype: 'int64', shape },
      ];
    },
  }),
  AveragePool: operator({
    name: 'AveragePool',
    attributes: { ...poolAttributes, count_include_pad: 'int' },
    infer: (inputs, attributes) => {
      const x = required(inputs, 0);
      return [{ dtype: x.dtype, shape: pooledShape(x, poolWindows(x, attributes)) }];
    },
  }),
  GlobalAveragePool: operator({
    name: 'GlobalAveragePool',
    attributes: {},
    infer: (inputs) => {
      const x = required(inputs, 0);
      const shape = [x.shape[0], x.shape[1], ...spatialShape(x).map(() => 1)];
      return [{ dtype: x.dtype, shape }];
    },
  }),
};

/** The windows of a pooling node. */
export function poolWindows(
  x: Value,
  attributes: WindowAttributes & { readonly ceil_mode?: number },
): readonly AxisWindow[] {
  const { kernel_shape: kernel = [], ceil_mode = 0 } = attributes;
  return windowsOver(spatialShape(x), kernel, attributes, ceil_mode === 1);
}

export interface PoolOptions {
  readonly kernel: PerAxis;
  /** Default: the kernel. */
  readonly stride?: PerAxis;
  /** One number, one for each axis, or all beginnings and then all ends. Default 0. */
  readonly padding?: PerAxis;
  /** A last window may reach beyond the input. Default: false. */
  readonly ceil?: boolean;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether padding counts as zeros. Default: true, as in PyTorch (and unlike ONNX). */
  readonly countIncludePad?: boolean;
}

function attributesFrom(x: Value, options: PoolOptions): PoolAttributes {
  const { kernel, stride = kernel, padding = 0, ceil = false } = options;
  const rank = x.shape.length - 2;
  const attributes = {
    kernel_shape: perAxis(kernel, rank),
    strides: perAxis(stride, rank),
    pads: padsFrom(padding, rank),
  };
  return { ...attributes, ceil_mode: ceil && reachesBeyond(x, attributes) ? 1 : 0 };
}

/**
 * Whether a last window reaches beyond the padding. One that would begin there is left out, but
 * ONNX Runtime counts it when it loads a graph in which others may.
 */
function reachesBeyond(x: Value, attributes: WindowAttributes): boolean {
  const whole = poolWindows(x, { ...attributes, ceil_mode: 0 });
  const started = poolWindows(x, { ...attributes, ceil_mode: 1 });
  return started.some(({ count }, axis) => count > whole[axis].count);
}

/** The largest of each window of x [B, C, ...]. */
export const maxPool = (x: Value, options: PoolOptions): Value =>
  apply(pools.MaxPool, [x], attributesFrom(x, options))[0];

/** The mean of each window of x [B, C, ...]. */
export const averagePool = (x: Value, options: AveragePoolOptions): Value =>
  apply(pools.AveragePool, [x], {
    ...attributesFrom(x, options),
    count_include_pad: (options.countIncludePad ?? true) ? 1 : 0,
  })[0];

/** The mean over all places: [B, C, 1, 1] from [B, C, H, W]. */
export const globalAveragePool = (x: Value): Value => apply(pools.GlobalAveragePool, [x], {})[0];
