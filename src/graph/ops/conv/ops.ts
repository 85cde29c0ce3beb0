import { ModelLockError } from '../../../base/error.ts';
import { showShape, staticShape } from '../../shape.ts';
import { apply, operator, type AttributesOf, type Value } from '../../value.ts';
import { required, requireRank } from '../infer.ts';
import {
  padsFrom,
  perAxis,
  pooledShape,
  spatialShape,
  transposeAttributes,
  transposedWindows,
  windowAttributes,
  windowsOver,
  type AxisWindow,
  type PerAxis,
} from '../window.ts';

const convAttributes = { ...windowAttributes, group: 'int' } as const;
const convTransposeAttributes = { ...transposeAttributes, group: 'int' } as const;
export type ConvAttributes = AttributesOf<typeof convAttributes>;
export type ConvTransposeAttributes = AttributesOf<typeof convTransposeAttributes>;

/** Convolutions over the axes after batch and channels. */
export const convolutions = {
  /** Inputs: x [B, C, ...], weight [O, C / group, ...kernel], bias [O]. */
  Conv: operator({
    name: 'Conv',
    attributes: convAttributes,
    infer: (inputs, attributes) => {
      const x = required(inputs, 0);
      const w = required(inputs, 1);
      const windows = convWindows(x, w, attributes);
      const { group = 1 } = attributes;
      if (x.shape[1] !== Number(w.shape[1]) * group || Number(w.shape[0]) % group !== 0) {
        throw new ModelLockError('shape', mismatch(x, w, group));
      }
      return [{ dtype: x.dtype, shape: pooledShape(x, windows).with(1, w.shape[0]) }];
    },
  }),
  /** Inputs: x [B, C, ...], weight [C, O / group, ...kernel], bias [O]. */
  ConvTranspose: operator({
    name: 'ConvTranspose',
    attributes: convTransposeAttributes,
    infer: (inputs, attributes) => {
      const x = required(inputs, 0);
      const w = required(inputs, 1);
      const windows = convTransposeWindows(x, w, attributes);
      const { group = 1 } = attributes;
      if (x.shape[1] !== w.shape[0] || Number(w.shape[0]) % group !== 0) {
        throw new ModelLockError('shape', mismatch(x, w, group));
      }
      const channels = Number(w.shape[1]) * group;
      return [
        { dtype: x.dtype, shape: [x.shape[0], channels, ...windows.map(({ length }) => length)] },
      ];
    },
  }),
};

function mismatch(x: Value, w: Value, group: number): string {
  return `weight ${showShape(w.shape)} in ${group} groups does not fit input ${showShape(x.shape)}`;
}

/** The windows of a Conv node. */
export function convWindows(x: Value, w: Value, attributes: ConvAttributes): readonly AxisWindow[] {
  requireRank(w, x.shape.length, 'the weight');
  return windowsOver(spatialShape(x), staticShape(w.shape.slice(2)), attributes);
}

/** The windows that a ConvTranspose node undoes. */
export function convTransposeWindows(
  x: Value,
  w: Value,
  attributes: ConvTransposeAttributes,
): readonly AxisWindow[] {
  requireRank(w, x.shape.length, 'the weight');
  return transposedWindows(spatialShape(x), staticShape(w.shape.slice(2)), attributes);
}

export interface ConvOptions {
  /** Default 1. */
  readonly stride?: PerAxis;
  /** One number, one for each axis, or all beginnings and then all ends. Default 0. */
  readonly padding?: PerAxis;
  /** Default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. */
  readonly groups?: number;
}

function attributesFrom(options: ConvOptions, rank: number): ConvAttributes {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  return {
    strides: perAxis(stride, rank),
    pads: padsFrom(padding, rank),
    dilations: perAxis(dilation, rank),
    group: groups,
  };
}

/** Convolution of x [B, C, ...] with w [O, C / groups, ...kernel] and bias [O]; 1d, 2d or 3d. */
export const conv = (x: Value, w: Value, bias?: Value, options: ConvOptions = {}): Value =>
  apply(convolutions.Conv, [x, w, bias], attributesFrom(options, x.shape.length - 2))[0];

export interface ConvTransposeOptions extends ConvOptions {
  /** Additional length at the end; less than the stride. Default 0. */
  readonly outputPadding?: PerAxis;
}

/** Transposed convolution of x [B, C, ...] with w [C, O / groups, ...kernel] and bias [O]. */
export function convTranspose(
  x: Value,
  w: Value,
  bias?: Value,
  options: ConvTransposeOptions = {},
): Value {
  const rank = x.shape.length - 2;
  return apply(convolutions.ConvTranspose, [x, w, bias], {
    ...attributesFrom(options, rank),
    output_padding: perAxis(options.outputPadding ?? 0, rank),
  })[0];
}
