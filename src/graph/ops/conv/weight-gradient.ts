import { sizeOf, tensor } from '../../../tensor/tensor.ts';
import { apply, constant, shapeOf, type Value } from '../../value.ts';
import { add } from '../binary/ops.ts';
import { channelsFirst } from '../channels.ts';
import { gather } from '../gather/ops.ts';
import { matmul } from '../matmul/ops.ts';
import { slice } from '../movement/join-ops.ts';
import { matrixTranspose, reshape, transpose, unsqueeze } from '../movement/shape-ops.ts';
import { reduceSum } from '../reduction/ops.ts';
import { attributesOf, type AxisWindow } from '../window.ts';
import { convolutions } from './ops.ts';
import { padded, steps } from './taps.ts';

/** The gradient of a convolution's weight, [O, C / group, ...kernel]. */
export function weightGradient(
  x: Value,
  dy: Value,
  windows: readonly AxisWindow[],
  group: number,
): Value {
  const channels = shapeOf(x)[1];
  const places = sizeOf(windows.map(({ count }) => count));
  const taps = sizeOf(windows.map(({ kernel }) => kernel));
  if (group === channels && shapeOf(dy)[1] === channels) return ofDepthwise(x, dy, windows);
  const wide = group === 1 && channels >= wideChannels;
  return wide && (places <= fewPlaces || taps === 1)
    ? fromPixels(x, dy, windows)
    : fromImages(x, dy, windows, group);
}

/** From so many channels on it pays to copy pixels. */
const wideChannels = 16;
/** Up to so many places in an image it pays to copy pixels. */
const fewPlaces = 16;

/**
 * What each tap of the kernel saw, as a matrix of pixels, times dY: one large matrix product. All
 * channels of a pixel are copied at once, and what is transposed are a few large matrices: ONNX
 * Runtime takes some two microseconds for each, however small.
 */
export function fromPixels(x: Value, dy: Value, windows: readonly AxisWindow[]): Value {
  const [outputs, channels] = [shapeOf(dy)[1], shapeOf(x)[1]];
  const kernel = windows.map((window) => window.kernel);
  const upstream = reshape(channelsFirst(dy), [outputs, -1]); // [O, B * P]
  const seen = reshape(pixels(x, windows), [-1, sizeOf(kernel) * channels]);
  const product = reshape(matmul(upstream, seen), [outputs, -1, channels]);
  return reshape(matrixTranspose(product), [outputs, channels, ...kernel]);
}

/** For each place and tap what the tap sees: [B * P, taps, C]. */
function pixels(x: Value, windows: readonly AxisWindow[]): Value {
  const [batch, channels, ...lengths] = shapeOf(x);
  const last = matrixTranspose(reshape(x, [batch, channels, -1])); // [B, pixels, C]
  if (windows.every(isPointwise)) return last;
  const table = padded(reshape(last, [batch, ...lengths, channels]), windows, 1);
  const all = shapeOf(table).slice(0, -1);
  const origins = windows.map(({ count, stride }) => steps(count, stride));
  const taps = windows.map(({ kernel, dilation }) => steps(kernel, dilation));
  // A sum of small constants, which ONNX Runtime folds when it loads the graph.
  const indices = add(
    unsqueeze(flatIndices(all, [steps(batch, 1), ...origins]), [1]),
    flatIndices(all, [[0], ...taps]),
  ); // [B * P, taps]
  return gather(reshape(table, [-1, channels]), indices);
}

/** The flat indices, in a tensor of the given lengths, of all combinations of positions. */
function flatIndices(lengths: readonly number[], positions: readonly (readonly number[])[]): Value {
  const flat = positions.reduce<readonly number[]>(
    (outer, along, i) => outer.flatMap((index) => along.map((at) => index * lengths[i] + at)),
    [0],
  );
  return constant(tensor('int32', [flat.length], Int32Array.from(flat)));
}

export const isPointwise = ({ kernel, stride, before, after }: AxisWindow): boolean =>
  kernel === 1 && stride === 1 && before === 0 && after === 0;

/**
 * A convolution of x by dY, with the batch in the place of the channels: at each tap the gradient
 * is what dY sees when it is laid over x from that tap on, a stride apart.
 */
function fromImages(x: Value, dy: Value, windows: readonly AxisWindow[], group: number): Value {
  // Padded beforehand: the convolution's kernels are slow at the edge, and here all places are.
  const images = groupsOverBatch(padded(x, windows, 2), group); // [C / G, G * B, ...]
  const unpadded = windows.map((window) => ({ ...window, before: 0, after: 0 }));
  return channelsFirst(laidOver(images, channelsFirst(dy), unpadded, group));
}

/** What kernels as large as dY see of x at each tap of the windows: [1 or C / G, O, ...kernel]. */
function laidOver(x: Value, dy: Value, windows: readonly AxisWindow[], group: number): Value {
  const attributes = { ...attributesOf(windows.map(exchanged)), group };
  const [seen] = apply(convolutions.Conv, [x, dy, undefined], attributes);
  // More taps than the kernel has where windows leave out the end of x.
  return slice(seen, ...windows.map(({ kernel }, i) => ({ axis: i + 2, end: kernel })));
}

/** The window of the places in a kernel: places and taps, strides and dilations change their roles. */
export const exchanged = (window: AxisWindow): AxisWindow => ({
  ...window,
  kernel: window.count,
  count: window.kernel,
  stride: window.dilation,
  dilation: window.stride,
});

/** [B, G * C, ...] as [C, G * B, ...]. */
function groupsOverBatch(x: Value, group: number): Value {
  if (group === 1) return channelsFirst(x);
  const [batch, channels, ...lengths] = shapeOf(x);
  const grouped = reshape(x, [batch, group, channels / group, ...lengths]);
  const turned = transpose(grouped, [2, 1, 0, ...lengths.map((_, i) => i + 3)]);
  return reshape(turned, [channels / group, group * batch, ...lengths]);
}

/**
 * A kernel for each channel, out of one convolution: every channel of every image is a channel of
 * one image, and dY the kernels that are laid over it, at as many places as the gradient has taps.
 * The images' gradients are then added up.
 */
function ofDepthwise(x: Value, dy: Value, windows: readonly AxisWindow[]): Value {
  const [batch, channels, ...lengths] = shapeOf(x);
  const group = batch * channels;
  const kernels = reshape(dy, [group, 1, ...windows.map(({ count }) => count)]);
  const taps = laidOver(reshape(x, [1, group, ...lengths]), kernels, windows, group);
  const kernel = windows.map((window) => window.kernel);
  return reduceSum(reshape(taps, [batch, channels, 1, ...kernel]), { axes: [0] });
}
