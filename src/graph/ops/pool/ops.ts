import { ModelLockError } from '../../../base/error.ts';
import { showShape } from '../../shape.ts';
import { apply, operator, type AttributesOf, type Value, type ValueType } from '../../value.ts';
import { required } from '../infer.ts';
import { windowOf } from '../conv/ops.ts';

const poolAttributes = {
  ceil_mode: 'int',
  dilations: 'ints',
  kernel_shape: 'ints',
  pads: 'ints',
  strides: 'ints',
} as const;
const averageAttributes = { ...poolAttributes, count_include_pad: 'int' } as const;

export type PoolAttributes = AttributesOf<typeof poolAttributes>;
export type AveragePoolAttributes = AttributesOf<typeof averageAttributes>;

/** Pooling over the spatial axes of [N, C, ...]. */
export const pools = {
  /** Its second output is the place of each maximum, the first of equals, in all of x flattened. */
  MaxPool: operator({
    name: 'MaxPool',
    attributes: poolAttributes,
    infer: (inputs, attributes) =>
      infer(inputs, attributes).flatMap((type) => [type, { dtype: 'int64', shape: type.shape }]),
  }),
  AveragePool: operator({ name: 'AveragePool', attributes: averageAttributes, infer }),
  GlobalAveragePool: operator({
    name: 'GlobalAveragePool',
    attributes: {},
    infer: (inputs) => {
      const { dtype, shape } = required(inputs, 0);
      return [{ dtype, shape: shape.map((dim, axis) => (axis < 2 ? dim : 1)) }];
    },
  }),
};

export const maxPool = (x: Value, attributes: PoolAttributes): Value =>
  apply(pools.MaxPool, [x], attributes)[0];
export const averagePool = (x: Value, attributes: AveragePoolAttributes): Value =>
  apply(pools.AveragePool, [x], attributes)[0];
export const globalAveragePool = (x: Value): Value => apply(pools.GlobalAveragePool, [x], {})[0];

function infer(
  inputs: readonly (Value | undefined)[],
  attributes: PoolAttributes,
): readonly ValueType[] {
  const { dtype, shape } = required(inputs, 0);
  const { kernel_shape: kernel = [], ceil_mode = 0 } = attributes;
  const { strides, dilations, before, after } = windowOf(kernel, attributes);
  const spatial = shape.slice(2).map((dim, i) => {
    if (typeof dim === 'string') {
      throw new ModelLockError('shape', `pooling over the named axis ${dim}`);
    }
    const span = dim + before[i] + after[i] - (kernel[i] - 1) * dilations[i] - 1;
    if (span < 0)
      throw new ModelLockError('shape', `the kernel is larger than ${showShape(shape)}`);
    const size = (ceil_mode ? Math.ceil : Math.floor)(span / strides[i]) + 1;
    // A window may not start in the padding at the end.
    return ceil_mode && (size - 1) * strides[i] >= dim + before[i] ? size - 1 : size;
  });
  return [{ dtype, shape: [...shape.slice(0, 2), ...spatial] }];
}
