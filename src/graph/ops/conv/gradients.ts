import type { GradientRules } from '../../autodiff/rule.ts';
import { apply, shapeOf, type Value } from '../../value.ts';
import { channelSum } from '../channels.ts';
import { matmul } from '../matmul/ops.ts';
import { matrixTranspose, reshape } from '../movement/shape-ops.ts';
import { attributesOf, extentOf, type AxisWindow } from '../window.ts';
import { convolutions, convTransposeWindows, convWindows } from './ops.ts';
import { isPointwise, weightGradient } from './weight-gradient.ts';

export const convGradients: GradientRules<typeof convolutions> = {
  Conv: ({ inputs: [x, w, bias], attributes }, [dy]) => {
    const { group = 1 } = attributes;
    const windows = convWindows(x, w, attributes);
    return [
      inputGradient(dy, w, windows, group),
      weightGradient(x, dy, windows, group),
      bias && channelSum(dy),
    ];
  },
  // The adjoint of the adjoint: input and output change their places.
  ConvTranspose: ({ inputs: [x, w, bias], attributes }, [dy]) => {
    const { group = 1 } = attributes;
    const windows = convTransposeWindows(x, w, attributes);
    return [
      apply(convolutions.Conv, [dy, w, undefined], { ...attributesOf(windows), group })[0],
      weightGradient(dy, x, windows, group),
      bias && channelSum(dy),
    ];
  },
};

/** The gradient of a convolution's input: the transposed convolution. */
function inputGradient(dy: Value, w: Value, windows: readonly AxisWindow[], group: number): Value {
  if (windows.every(isPointwise)) return pointwiseInputGradient(dy, w, windows, group);
  // What no window reached at the end of the input still belongs to the result.
  const rest = windows.map(
    (window) =>
      window.length +
      window.before +
      window.after -
      ((window.count - 1) * window.stride + extentOf(window)),
  );
  return apply(convolutions.ConvTranspose, [dy, w, undefined], {
    ...attributesOf(windows),
    group,
    output_padding: rest,
  })[0];
}

/** Of a 1x1 convolution: W^T dY, without a detour over columns. */
function pointwiseInputGradient(
  dy: Value,
  w: Value,
  windows: readonly AxisWindow[],
  group: number,
): Value {
  const [batch, out] = shapeOf(dy);
  const channels = shapeOf(w)[1];
  const upstream = reshape(dy, group === 1 ? [batch, out, -1] : [batch, group, out / group, -1]);
  const matrix = reshape(
    w,
    group === 1 ? [out, channels] : [group, out / group, channels], // [O, C]
  );
  const dx = matmul(matrixTranspose(matrix), upstream); // [B, C, P]
  return reshape(dx, [batch, channels * group, ...windows.map(({ length }) => length)]);
}
