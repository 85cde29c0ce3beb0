import { ModelLockError } from '../../../base/error.ts';
import { showShape, type Dim } from '../../shape.ts';
import { apply, operator, type AttributesOf, type Value, type ValueType } from '../../value.ts';
import { required } from '../infer.ts';

const convAttributes = {
  dilations: 'ints',
  group: 'int',
  kernel_shape: 'ints',
  pads: 'ints',
  strides: 'ints',
} as const;
const transposeAttributes = { ...convAttributes, output_padding: 'ints' } as const;

export type ConvAttributes = AttributesOf<typeof convAttributes>;
export type ConvTransposeAttributes = AttributesOf<typeof transposeAttributes>;

/** Convolutions over any number of spatial axes: x [N, C, ...], w [O, C / group, ...]. */
export const convolutions = {
  Conv: operator({ name: 'Conv', attributes: convAttributes, infer: inferConv }),
  /** w is [C, O / group, ...]. */
  ConvTranspose: operator({
    name: 'ConvTranspose',
    attributes: transposeAttributes,
    infer: inferConvTranspose,
  }),
};

export const conv = (x: Value, w: Value, b?: Value, attributes: ConvAttributes = {}): Value =>
  apply(convolutions.Conv, [x, w, b], attributes)[0];

export const convTranspose = (
  x: Value,
  w: Value,
  b?: Value,
  attributes: ConvTransposeAttributes = {},
): Value => apply(convolutions.ConvTranspose, [x, w, b], attributes)[0];

/** The geometry of a convolution, with ONNX's defaults filled in. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after, by spatial axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export function windowOf(
  kernel: readonly number[],
  { strides, dilations, pads }: Pick<ConvAttributes, 'strides' | 'dilations' | 'pads'>,
): Window {
  const ones = kernel.map(() => 1);
  const zeros = kernel.map(() => 0);
  return {
    kernel,
    strides: strides ?? ones,
    dilations: dilations ?? ones,
    before: pads?.slice(0, kernel.length) ?? zeros,
    after: pads?.slice(kernel.length) ?? zeros,
  };
}

/** How far the taps of a kernel reach along one axis. */
export const reach = ({ kernel, dilations }: Window, axis: number): number =>
  (kernel[axis] - 1) * dilations[axis] + 1;

function inferConv(
  inputs: readonly (Value | undefined)[],
  attributes: ConvAttributes,
): readonly ValueType[] {
  const x = required(inputs, 0);
  const w = required(inputs, 1);
  const { group = 1 } = attributes;
  const [outputs, perGroup, ...kernel] = w.shape as readonly number[];
  const [batch, channels, ...spatial] = x.shape;
  if (x.shape.length !== w.shape.length || channels !== perGroup * group || outputs % group) {
    throw new ModelLockError(
      'shape',
      `${showShape(x.shape)} with weights ${showShape(w.shape)} in ${group} groups`,
    );
  }
  const window = windowOf(kernel, attributes);
  const sizes = spatial.map((dim, axis) => {
    const size = numeric(dim) + window.before[axis] + window.after[axis] - reach(window, axis);
    if (size < 0)
      throw new ModelLockError('shape', `the kernel is larger than ${showShape(x.shape)}`);
    return Math.floor(size / window.strides[axis]) + 1;
  });
  return [{ dtype: x.dtype, shape: [batch, outputs, ...sizes] }];
}

function inferConvTranspose(
  inputs: readonly (Value | undefined)[],
  attributes: ConvTransposeAttributes,
): readonly ValueType[] {
  const x = required(inputs, 0);
  const w = required(inputs, 1);
  const { group = 1, output_padding: extra } = attributes;
  const [channels, perGroup, ...kernel] = w.shape as readonly number[];
  const [batch, given, ...spatial] = x.shape;
  if (x.shape.length !== w.shape.length || given !== channels) {
    throw new ModelLockError('shape', `${showShape(x.shape)} with weights ${showShape(w.shape)}`);
  }
  const window = windowOf(kernel, attributes);
  const sizes = spatial.map(
    (dim, axis) =>
      (numeric(dim) - 1) * window.strides[axis] +
      reach(window, axis) +
      (extra?.[axis] ?? 0) -
      window.before[axis] -
      window.after[axis],
  );
  return [{ dtype: x.dtype, shape: [batch, perGroup * group, ...sizes] }];
}

function numeric(dim: Dim): number {
  if (typeof dim === 'number') return dim;
  throw new ModelLockError('shape', `convolution over the named axis ${dim}`);
}
