import { ModelLockError } from '../../base/error.ts';
import { staticShape, type Shape } from '../shape.ts';
import type { AttributesOf, Value } from '../value.ts';

/** How a window of convolution or pooling slides along one spatial axis of length `length`. */
export interface AxisWindow {
  readonly length: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before the first and after the last element. */
  readonly before: number;
  readonly after: number;
  /** How many places the window takes: the length of the result. */
  readonly count: number;
}

export const windowAttributes = {
  auto_pad: 'string',
  dilations: 'ints',
  kernel_shape: 'ints',
  pads: 'ints',
  strides: 'ints',
} as const;
export type WindowAttributes = AttributesOf<typeof windowAttributes>;

/** The lengths of the axes after batch and channels. Throws `shape` where one of them is named. */
export function spatialShape(x: Value): readonly number[] {
  if (x.shape.length < 3) {
    throw new ModelLockError('shape', `input of rank ${x.shape.length}, not [B, C, ...]`);
  }
  return staticShape(x.shape.slice(2));
}

/** How far a dilated kernel reaches. */
export function extentOf({ kernel, dilation }: Pick<AxisWindow, 'kernel' | 'dilation'>): number {
  return (kernel - 1) * dilation + 1;
}

/**
 * The windows over axes of the given lengths.
 *
 * @param ceil lets the last window reach beyond the padding, if it starts before its end.
 */
export function windowsOver(
  lengths: readonly number[],
  kernels: readonly number[],
  attributes: WindowAttributes,
  ceil = false,
): readonly AxisWindow[] {
  return lengths.map((length, axis) => {
    const kernel = kernels[axis];
    const stride = attributes.strides?.[axis] ?? 1;
    const dilation = attributes.dilations?.[axis] ?? 1;
    const extent = extentOf({ kernel, dilation });
    const same = (Math.ceil(length / stride) - 1) * stride + extent - length;
    const [before, after] = isSame(attributes)
      ? halves(Math.max(0, same), attributes)
      : givenPads(attributes, axis, lengths.length);
    const room = length + before + after - extent;
    if (room < 0) {
      throw new ModelLockError(
        'shape',
        `a kernel that reaches over ${extent} does not fit into ${length + before + after}`,
      );
    }
    const whole = Math.floor(room / stride) + 1;
    const started = Math.ceil(room / stride) + 1;
    const count = ceil && (started - 1) * stride < length + before ? started : whole;
    return { length, kernel, stride, dilation, before, after, count };
  });
}

/** Whether padding is to be such that the result is as long as the input, over the stride. */
const isSame = ({ auto_pad = 'NOTSET' }: WindowAttributes): boolean => auto_pad.startsWith('SAME');

function givenPads(
  { auto_pad = 'NOTSET', pads }: WindowAttributes,
  axis: number,
  rank: number,
): readonly [before: number, after: number] {
  return auto_pad === 'VALID' ? [0, 0] : [pads?.[axis] ?? 0, pads?.[axis + rank] ?? 0];
}

/** Padding in two halves; an odd one goes to the end for `SAME_UPPER`, else to the beginning. */
function halves(
  total: number,
  { auto_pad }: WindowAttributes,
): readonly [before: number, after: number] {
  const small = Math.floor(total / 2);
  return auto_pad === 'SAME_UPPER' ? [small, total - small] : [total - small, small];
}

export const transposeAttributes = {
  ...windowAttributes,
  output_padding: 'ints',
  output_shape: 'ints',
} as const;

/**
 * The windows that a transposed convolution undoes: they slide over its *output*, `length`, and
 * take `count` places, the length of its input.
 */
export function transposedWindows(
  counts: readonly number[],
  kernels: readonly number[],
  attributes: AttributesOf<typeof transposeAttributes>,
): readonly AxisWindow[] {
  const { output_padding, output_shape } = attributes;
  return counts.map((count, axis) => {
    const kernel = kernels[axis];
    const stride = attributes.strides?.[axis] ?? 1;
    const dilation = attributes.dilations?.[axis] ?? 1;
    const full =
      (count - 1) * stride + extentOf({ kernel, dilation }) + (output_padding?.[axis] ?? 0);
    const wanted = output_shape?.[axis] ?? (isSame(attributes) ? count * stride : undefined);
    const [before, after] =
      wanted === undefined
        ? givenPads(attributes, axis, counts.length)
        : halves(Math.max(0, full - wanted), attributes);
    const length = full - before - after;
    return { length, kernel, stride, dilation, before, after, count };
  });
}

/** The attributes that say the same as `windows`. */
export function attributesOf(windows: readonly AxisWindow[]): WindowAttributes {
  return {
    kernel_shape: windows.map(({ kernel }) => kernel),
    strides: windows.map(({ stride }) => stride),
    dilations: windows.map(({ dilation }) => dilation),
    pads: [...windows.map(({ before }) => before), ...windows.map(({ after }) => after)],
  };
}

/** One number for all axes, or one for each. */
export type PerAxis = number | readonly number[];

export const perAxis = (value: PerAxis, rank: number): readonly number[] =>
  typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;

/** ONNX's pads: one number, one for each axis (both ends), or all beginnings and then all ends. */
export function padsFrom(padding: PerAxis, rank: number): readonly number[] {
  const each = perAxis(padding, rank);
  return each.length === 2 * rank ? each : [...each, ...each];
}

/** Batch and channels before the lengths that the windows leave. */
export function pooledShape(x: Value, windows: readonly AxisWindow[]): Shape {
  return [x.shape[0], x.shape[1], ...windows.map(({ count }) => count)];
}
