import type { GradientRules } from '../../autodiff/rule.ts';
import { apply, shapeOf, type Value } from '../../value.ts';
import { channelSum } from '../channels.ts';
import { matmul } from '../matmul/ops.ts';
import { concat, slice } from '../movement/join-ops.ts';
import { pad } from '../movement/pad.ts';
import { matrixTranspose, reshape, transpose } from '../movement/shape-ops.ts';
import { attributesOf, extentOf, type AxisWindow } from '../window.ts';
import { convolutions, convTransposeWindows, convWindows } from './ops.ts';

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

const isPointwise = ({ kernel, stride, before, after }: AxisWindow): boolean =>
  kernel === 1 && stride === 1 && before === 0 && after === 0;

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

/**
 * The gradient of a convolution's weight, [O, C / group, ...kernel]: all windows of x as the rows
 * of one matrix, times dY. One large matrix product, several times faster than a convolution with
 * dY as its (large) kernel.
 */
function weightGradient(x: Value, dy: Value, windows: readonly AxisWindow[], group: number): Value {
  const channels = shapeOf(x)[1] / group;
  const out = shapeOf(dy)[1] / group;
  const kernel = windows.map((window) => window.kernel);
  const columns = windowRows(x, windows, group); // [group, kernel * C / group, B * P]
  const upstream = reshape(channelsFirst(dy), [group, out, -1]); // [group, O / group, B * P]
  const product = matmul(upstream, matrixTranspose(columns)); // [group, O / group, kernel * C / group]
  const apart = reshape(product, [group * out, ...kernel, channels]);
  return transpose(apart, [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)]);
}

/** [B, C, ...] as [C, B, ...]: batch and places become one axis, over which a product sums. */
function channelsFirst(x: Value): Value {
  return transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)]);
}

/** For each element of the kernel and each channel, what it is multiplied with, at every place. */
function windowRows(x: Value, windows: readonly AxisWindow[], group: number): Value {
  const [batch, channels] = shapeOf(x);
  const padded = pad(
    x,
    Object.fromEntries(windows.map(({ before, after }, i) => [i + 2, [before, after] as const])),
  );
  const source = channelsFirst(padded); // [C, B, ...]
  const places = windows.reduce((product, { count }) => product * count, batch);
  const rows = kernelOffsets(windows).map((offsets) => {
    const taken = slice(
      source,
      ...windows.map(({ count, stride, dilation }, i) => {
        const start = offsets[i] * dilation;
        return { axis: i + 2, start, end: start + (count - 1) * stride + 1, step: stride };
      }),
    );
    return reshape(taken, [group, channels / group, places]);
  });
  return concat(rows, 1);
}

/** All positions within the kernel, row by row. */
function kernelOffsets(windows: readonly AxisWindow[]): readonly (readonly number[])[] {
  return windows.reduce<readonly (readonly number[])[]>(
    (prefixes, { kernel }) =>
      prefixes.flatMap((prefix) => Array.from({ length: kernel }, (_, k) => [...prefix, k])),
    [[]],
  );
}
