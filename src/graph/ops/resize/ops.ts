import { ModelLockError } from '../../../base/error.ts';
import { float32 } from '../../../tensor/tensor.ts';
import { normaliseAxis } from '../../shape.ts';
import {
  apply,
  constant,
  constantInts,
  constantOf,
  ints,
  operator,
  type AttributesOf,
  type Value,
} from '../../value.ts';
import { required } from '../infer.ts';
import {
  coordinateModes,
  type AxisScale,
  type Coordinates,
  type Interpolation,
  type NearestMode,
} from './interpolation.ts';

const resizeAttributes = {
  antialias: 'int',
  axes: 'ints',
  coordinate_transformation_mode: 'string',
  cubic_coeff_a: 'float',
  exclude_outside: 'int',
  extrapolation_value: 'float',
  keep_aspect_ratio_policy: 'string',
  mode: 'string',
  nearest_mode: 'string',
} as const;
type ResizeAttributes = AttributesOf<typeof resizeAttributes>;

export const resizes = {
  /** Inputs: x, (region of interest), scales or else sizes: constants, for `axes` or for all. */
  Resize: operator({
    name: 'Resize',
    attributes: resizeAttributes,
    infer: (inputs, attributes) => {
      const x = required(inputs, 0);
      const shape = [...x.shape];
      for (const { axis, to } of resizedAxes(inputs, attributes)) shape[axis] = to;
      return [{ dtype: x.dtype, shape }];
    },
  }),
};

/** The axes that a Resize node changes. */
export function resizedAxes(
  inputs: readonly (Value | undefined)[],
  { axes, keep_aspect_ratio_policy: policy = 'stretch' }: ResizeAttributes,
): readonly (AxisScale & { readonly axis: number })[] {
  if (policy !== 'stretch') {
    throw new ModelLockError('unsupported', `policy ${policy}`, { valid: ['stretch'] });
  }
  const x = required(inputs, 0);
  const targets = targetsOf(inputs[2], inputs[3]);
  return targets.flatMap(({ size, factor }, i) => {
    const axis = normaliseAxis(axes?.[i] ?? i, x.shape.length);
    const from = x.shape[axis];
    if (factor === 1 || size === from) return [];
    if (typeof from === 'string') {
      throw new ModelLockError('shape', `cannot resize the named axis ${from}`);
    }
    // In single precision, like ONNX Runtime.
    const to = size ?? Math.floor(Math.fround(from * factor!));
    return [{ axis, from, to, scale: factor ?? to / from }];
  });
}

interface Target {
  readonly size?: number;
  readonly factor?: number;
}

function targetsOf(scales: Value | undefined, sizes: Value | undefined): readonly Target[] {
  const factors = constantOf(scales)?.data as Float32Array | undefined;
  if (factors && factors.length > 0) return Array.from(factors, (factor) => ({ factor }));
  return constantInts(sizes, 'the scales or sizes').map((size) => ({ size }));
}

/** What the attributes of a Resize node say, with ONNX's defaults. */
export function interpolationOf(attributes: ResizeAttributes): Interpolation {
  const coordinates = attributes.coordinate_transformation_mode ?? 'half_pixel';
  if (!(coordinateModes as readonly string[]).includes(coordinates)) {
    throw new ModelLockError('unsupported', `coordinates ${coordinates}`, {
      valid: coordinateModes,
    });
  }
  return {
    mode: (attributes.mode ?? 'nearest') as Interpolation['mode'],
    coordinates: coordinates as Coordinates,
    nearest: (attributes.nearest_mode ?? 'round_prefer_floor') as NearestMode,
    antialias: attributes.antialias === 1,
    cubicCoefficient: attributes.cubic_coeff_a ?? -0.75,
    excludeOutside: attributes.exclude_outside === 1,
  };
}

export interface ResizeOptions {
  /** New lengths of the last axes. Either this or `scale`. */
  readonly size?: readonly number[];
  /** Factors of the last axes; the new length is rounded down. */
  readonly scale?: readonly number[];
  /** `nearest` is PyTorch's (and OpenCV's), which takes the upper left; `nearest-exact` Pillow's. */
  readonly mode: 'nearest' | 'nearest-exact' | 'linear' | 'cubic';
  /** Whether the centres of the outermost elements stay in place, instead of the outer edges. */
  readonly alignCorners?: boolean;
  /** Whether elements are averaged where the result is smaller, as Pillow does. */
  readonly antialias?: boolean;
}

const modeAttributes: Record<ResizeOptions['mode'], ResizeAttributes> = {
  nearest: {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  },
  'nearest-exact': {
    mode: 'nearest',
    coordinate_transformation_mode: 'half_pixel',
    nearest_mode: 'round_prefer_ceil',
  },
  linear: { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
  cubic: { mode: 'cubic', coordinate_transformation_mode: 'half_pixel', cubic_coeff_a: -0.75 },
};

/** Resizes the last axes as PyTorch's `interpolate` does. */
export function resize(x: Value, options: ResizeOptions): Value {
  const { size, scale, mode, alignCorners = false, antialias = false } = options;
  const first = x.shape.length - (size ?? scale ?? []).length;
  const kept = x.shape.slice(0, first);
  // All axes are given where they are known: ONNX Runtime moves transpositions past a Resize
  // without regard to `axes`.
  const isKnown = scale !== undefined || kept.every((n) => typeof n === 'number');
  const attributes: ResizeAttributes = {
    ...modeAttributes[mode],
    ...(alignCorners ? { coordinate_transformation_mode: 'align_corners' } : {}),
    // PyTorch antialiases as Pillow does, whose coefficient is another.
    ...(antialias ? { antialias: 1, exclude_outside: 1, cubic_coeff_a: -0.5 } : {}),
    ...(isKnown ? {} : { axes: size?.map((_, i) => first + i) }),
  };
  const factors = scale && [...kept.map(() => 1), ...scale];
  const scales = factors && constant(float32([factors.length], factors));
  const sizes = size && ints(isKnown ? [...kept.map(Number), ...size] : size);
  return apply(resizes.Resize, [x, undefined, scales, sizes], attributes)[0];
}
