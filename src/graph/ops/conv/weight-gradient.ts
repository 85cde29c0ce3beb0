import { sizeOf, tensor } from '../../../tensor/tensor.ts';
import { constant, shapeOf, type Value } from '../../value.ts';
import { add, mul } from '../binary/ops.ts';
import { channelSum } from '../channels.ts';
import { gather } from '../gather/ops.ts';
import { matmul } from '../matmul/ops.ts';
import { concat, slice } from '../movement/join-ops.ts';
import { pad } from '../movement/pad.ts';
import { matrixTranspose, reshape, transpose, unsqueeze } from '../movement/shape-ops.ts';
import type { AxisWindow } from '../window.ts';

/**
 * The gradient of a convolution's weight, [O, C / group, ...kernel]: what each tap of the kernel
 * saw, as a matrix, times dY. One large matrix product, several times faster than a convolution
 * with dY as its (large) kernel.
 */
export function weightGradient(
  x: Value,
  dy: Value,
  windows: readonly AxisWindow[],
  group: number,
): Value {
  const channels = shapeOf(x)[1];
  if (group === channels && shapeOf(dy)[1] === channels) return ofDepthwise(x, dy, windows);
  return group === 1 && channels >= wideChannels
    ? fromPixels(x, dy, windows)
    : fromShifts(x, dy, windows, group);
}

/** From as many channels on whole pixels are copied faster than shifted images. */
const wideChannels = 16;

/** The columns are pixels, gathered with all their channels. */
function fromPixels(x: Value, dy: Value, windows: readonly AxisWindow[]): Value {
  const channels = shapeOf(x)[1];
  const kernel = windows.map((window) => window.kernel);
  const upstream = reshape(channelsFirst(dy), [shapeOf(dy)[1], -1]); // [O, B * P]
  const seen = reshape(pixels(x, windows), [-1, sizeOf(kernel) * channels]); // [B * P, taps * C]
  const product = reshape(matmul(upstream, seen), [-1, ...kernel, channels]);
  return transpose(product, [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)]);
}

/** For each place and each tap the pixel it sees: [B * P, taps, C]. */
function pixels(x: Value, windows: readonly AxisWindow[]): Value {
  const [batch, channels] = shapeOf(x);
  const last = transpose(x, [0, ...windows.map((_, i) => i + 2), 1]); // [B, ..., C]
  if (windows.every(isPointwise)) return reshape(last, [-1, 1, channels]);
  const padded = pad(last, padsAt(windows, 1));
  const lengths = windows.map(({ length, before, after }) => length + before + after);
  const origins = windows.map(({ count, stride }) => steps(count, stride));
  const taps = windows.map(({ kernel, dilation }) => steps(kernel, dilation));
  // A sum of two small constants, which ONNX Runtime folds when it loads the graph.
  const indices = add(
    indexVector([batch, ...lengths], [steps(batch, 1), ...origins], 1),
    indexVector(lengths, taps, 0),
  ); // [B * P, taps]
  return gather(reshape(padded, [-1, channels]), indices);
}

const steps = (count: number, step: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => i * step);

/** The flat indices, in a tensor of the given lengths, of all combinations of positions. */
function indexVector(
  lengths: readonly number[],
  positions: readonly (readonly number[])[],
  axis: 0 | 1,
): Value {
  const flat = positions.reduce<readonly number[]>(
    (outer, along, i) => outer.flatMap((index) => along.map((at) => index * lengths[i] + at)),
    [0],
  );
  return unsqueeze(constant(tensor('int32', [flat.length], Int32Array.from(flat))), [axis]);
}

export const isPointwise = ({ kernel, stride, before, after }: AxisWindow): boolean =>
  kernel === 1 && stride === 1 && before === 0 && after === 0;

/** The rows are images, shifted by each tap. */
function fromShifts(x: Value, dy: Value, windows: readonly AxisWindow[], group: number): Value {
  const channels = shapeOf(x)[1] / group;
  const outputs = shapeOf(dy)[1] / group;
  const kernel = windows.map((window) => window.kernel);
  const taps = sizeOf(kernel);
  const shifts = shifted(channelsFirst(padded(x, windows)), windows);
  const rows = shifts.map((seen) => reshape(seen, [group, channels, -1]));
  const seen = concat(rows, 1); // [G, taps * C / G, B * P]
  const upstream = reshape(channelsFirst(dy), [group, outputs, -1]); // [G, O / G, B * P]
  // A product is fastest with the longer side as its rows.
  const product =
    outputs < taps * channels
      ? transpose(
          reshape(matmul(seen, matrixTranspose(upstream)), [group, taps, channels, outputs]),
          [0, 3, 2, 1],
        )
      : transpose(
          reshape(matmul(upstream, matrixTranspose(seen)), [group, outputs, taps, channels]),
          [0, 1, 3, 2],
        ); // [G, O / G, C / G, taps]
  return reshape(product, [group * outputs, channels, ...kernel]);
}

/** A kernel for each channel: for each tap one sum of products. */
function ofDepthwise(x: Value, dy: Value, windows: readonly AxisWindow[]): Value {
  const columns = shifted(padded(x, windows), windows).map((seen) =>
    unsqueeze(channelSum(mul(seen, dy)), [1]),
  );
  return reshape(concat(columns, 1), [shapeOf(x)[1], 1, ...windows.map((window) => window.kernel)]);
}

/** [B, C, ...] as [C, B, ...]: batch and places become one axis, over which a product sums. */
function channelsFirst(x: Value): Value {
  return transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)]);
}

const padded = (x: Value, windows: readonly AxisWindow[]): Value => pad(x, padsAt(windows, 2));

function padsAt(windows: readonly AxisWindow[], axis: number) {
  return Object.fromEntries(
    windows.map(({ before, after }, i) => [i + axis, [before, after] as const]),
  );
}

/** For each tap, row by row, what it sees at all places, of an input padded before. */
function shifted(source: Value, windows: readonly AxisWindow[]): readonly Value[] {
  const offsets = windows.reduce<readonly (readonly number[])[]>(
    (prefixes, { kernel }) =>
      prefixes.flatMap((prefix) => steps(kernel, 1).map((k) => [...prefix, k])),
    [[]],
  );
  return offsets.map((tap) =>
    slice(
      source,
      ...windows.map(({ count, stride, dilation }, i) => {
        const start = tap[i] * dilation;
        return { axis: i + 2, start, end: start + (count - 1) * stride + 1, step: stride };
      }),
    ),
  );
}
