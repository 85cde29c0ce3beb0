import { convolutions, type ConvAttributes } from '../../graph/ops/conv/ops.ts';
import { apply, operator, shapeOf, type Value, type ValueType } from '../../graph/value.ts';

/**
 * ONNX Runtime's own operators for the blocked layout of its CPU kernels: channels in blocks of
 * B, [N, C / B, H, W, B], under a shape that still reads [N, C, H, W]. Its optimiser uses them only
 * where weights are constants, which those of a training step are not; so we place them ourselves.
 */
const domain = 'com.microsoft.nchwc';

const sameShape = (inputs: readonly (Value | undefined)[]): readonly ValueType[] => [
  { dtype: inputs[0]!.dtype, shape: inputs[0]!.shape },
];

const nchwc = {
  ReorderInput: operator({ name: 'ReorderInput', domain, attributes: {}, infer: sameShape }),
  ReorderOutput: operator({
    name: 'ReorderOutput',
    domain,
    attributes: { channels: 'int' },
    infer: sameShape,
  }),
  Conv: operator({ ...convolutions.Conv, domain }),
};

/** Into the blocked layout. */
export const block = (x: Value): Value => apply(nchwc.ReorderInput, [x], {})[0];

/** Back to [N, C, H, W]. */
export const unblock = (x: Value): Value =>
  apply(nchwc.ReorderOutput, [x], { channels: Number(x.shape[1]) })[0];

/** A convolution of a blocked x with blocked weights; the result is blocked. */
export const blockedConv = (
  x: Value,
  w: Value,
  b: Value | undefined,
  attributes: ConvAttributes,
): Value => apply(nchwc.Conv, [x, w, b], { ...attributes, kernel_shape: shapeOf(w).slice(2) })[0];
