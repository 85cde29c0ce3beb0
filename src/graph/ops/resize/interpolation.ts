import type { Tensor } from '../../../tensor/tensor.ts';
import { matrixOf } from '../linear-map.ts';

/** How ONNX's Resize interpolates. */
export interface Interpolation {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: Coordinates;
  readonly nearest: NearestMode;
  readonly antialias: boolean;
  /** Keys' coefficient a of cubic interpolation. */
  readonly cubicCoefficient: number;
  /** Whether weights of places outside are left out and the rest scaled up. */
  readonly excludeOutside: boolean;
}

/** One axis: its lengths before and after, and the factor between them. */
export interface AxisScale {
  readonly from: number;
  readonly to: number;
  /** Not always to / from: a given factor need not give a whole length. */
  readonly scale: number;
}

type Division = (a: number, b: number) => number;
const exactly: Division = (a, b) => a / b;
const inSinglePrecision: Division = (a, b) => Math.fround(a / Math.fround(b));

/** Where an element of the result lies in the input. */
const coordinateOf = {
  asymmetric: (i, { scale }, over) => over(i, scale),
  half_pixel: (i, { scale }, over) => over(i + 0.5, scale) - 0.5,
  pytorch_half_pixel: (i, { to, scale }, over) => (to > 1 ? over(i + 0.5, scale) - 0.5 : 0),
  align_corners: (i, { from, to }, over) => (to > 1 ? over(i * (from - 1), to - 1) : 0),
  half_pixel_symmetric: (i, { from, to, scale }, over) => {
    const centre = from / 2;
    const offset = centre * (1 - over(to, scale * from));
    return offset + over(i + 0.5, scale) - 0.5;
  },
} satisfies Record<string, (i: number, axis: AxisScale, over: Division) => number>;
export type Coordinates = keyof typeof coordinateOf;
export const coordinateModes = Object.keys(coordinateOf) as readonly Coordinates[];

const nearestIndex = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
} satisfies Record<string, (x: number) => number>;
export type NearestMode = keyof typeof nearestIndex;

/** Weights of neighbours by their distance in pixels, and how far they reach. */
interface Kernel {
  readonly reach: number;
  readonly weight: (distance: number) => number;
}

const kernels: Record<'linear' | 'cubic', (a: number) => Kernel> = {
  linear: () => ({ reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) }),
  cubic: (a) => ({
    reach: 2,
    weight: (distance) => {
      const x = Math.abs(distance);
      if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
      return x < 2 ? a * (x ** 3 - 5 * x ** 2 + 8 * x - 4) : 0;
    },
  }),
};

/** The matrix [to, from] that resizes one axis. Its transpose is the gradient. */
export function interpolationMatrix(axis: AxisScale, how: Interpolation): Tensor<'float32'> {
  const rows = Array.from({ length: axis.to }, (_, i) => weightsOf(i, axis, how));
  return matrixOf(axis.to, axis.from, (row, column) => rows[row].get(column) ?? 0);
}

/** The element of the input that is taken for element i of the result, where `mode` is nearest. */
export function nearestOf(i: number, axis: AxisScale, how: Interpolation): number {
  // Rounded as ONNX Runtime does, for halfway between two elements a bit decides.
  const at = coordinateOf[how.coordinates](i, axis, inSinglePrecision);
  return clamped(nearestIndex[how.nearest](at), axis);
}

function clamped(index: number, { from }: AxisScale): number {
  return Math.min(Math.max(index, 0), from - 1);
}

/** The weights of the elements of the input in element i of the result. */
function weightsOf(i: number, axis: AxisScale, how: Interpolation): ReadonlyMap<number, number> {
  if (how.mode === 'nearest') return new Map([[nearestOf(i, axis, how), 1]]);

  const at = coordinateOf[how.coordinates](i, axis, exactly);
  const { reach, weight } = kernels[how.mode](how.cubicCoefficient);
  // An antialiasing kernel is stretched to cover what one element of the result stands for.
  const stretch = how.antialias ? Math.max(1, 1 / axis.scale) : 1;
  const weights = new Map<number, number>();
  for (let j = Math.ceil(at - reach * stretch); j <= at + reach * stretch; j++) {
    const place = clamped(j, axis);
    if (how.excludeOutside && place !== j) continue;
    const share = weight((j - at) / stretch);
    weights.set(place, (weights.get(place) ?? 0) + share);
  }
  const total = [...weights.values()].reduce((a, b) => a + b, 0);
  return new Map([...weights].map(([j, share]) => [j, share / total]));
}
