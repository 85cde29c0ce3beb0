import type { RgbImage, Size } from '../tensor/image.ts';
import type { LabelMap } from '../tensor/label-map.ts';

/** A resampling filter of Pillow: its reach in source pixels at scale 1, and its weight at x. */
interface Filter {
  readonly support: number;
  weight(x: number): number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Keys' cubic with a = -0.5. */
function cubic(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

/** Filters by the names of Pillow's `Image.Resampling`. */
const filters = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: (x) =>
      Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.abs(x) * Math.PI)) : 0,
  },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const satisfies Record<string, Filter>;

export type Resampling = keyof typeof filters | 'nearest';

/** Pillow's numbers for its filters, as preprocessor configurations have them. */
export const resamplingByNumber: readonly Resampling[] = [
  'nearest',
  'lanczos',
  'bilinear',
  'bicubic',
  'box',
  'hamming',
];

/** Bits after the point of a filter's weights: Pillow computes in integers. */
const precision = 32 - 8 - 2;

interface Taps {
  /** First source pixel of each target pixel. */
  readonly start: Int32Array;
  readonly count: Int32Array;
  /** Fixed-point weights, `width` for each target pixel. */
  readonly weights: Int32Array;
  readonly width: number;
}

function tapsOf(source: number, target: number, filter: Filter): Taps {
  const scale = source / target;
  const filterScale = Math.max(1, scale);
  const support = filter.support * filterScale;
  const width = Math.ceil(support) * 2 + 1;
  const taps: Taps = {
    start: new Int32Array(target),
    count: new Int32Array(target),
    weights: new Int32Array(target * width),
    width,
  };
  for (let i = 0; i < target; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(source, Math.trunc(centre + support + 0.5)) - start;
    const weights = Array.from({ length: count }, (_, k) =>
      filter.weight((k + start - centre + 0.5) / filterScale),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    taps.start[i] = start;
    taps.count[i] = count;
    weights.forEach((weight, k) => {
      const fixed = (total === 0 ? weight : weight / total) * (1 << precision);
      taps.weights[i * width + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    });
  }
  return taps;
}

/** Resizes to width x height, pixel for pixel as Pillow's `Image.resize` does. */
export function resizeImage(
  image: RgbImage,
  width: number,
  height: number,
  resampling: Resampling,
): RgbImage {
  if (image.width === width && image.height === height) return image;
  if (resampling === 'nearest') return nearest(image, width, height);
  const filter = filters[resampling];
  const rows = (part: RgbImage): RgbImage =>
    part.width === width ? part : alongRows(part, tapsOf(image.width, width, filter));
  const columns = (part: RgbImage): RgbImage =>
    part.height === height ? part : alongColumns(part, tapsOf(image.height, height, filter));
  // Each pass rounds, so their order shows. Pillow goes along the columns first where that takes
  // away more than twice as many lines.
  const columnsFirst = image.height > height && image.height - height > 2 * (image.width - width);
  return columnsFirst ? rows(columns(image)) : columns(rows(image));
}

/** Of any number of channels. */
function nearest(image: RgbImage, width: number, height: number): RgbImage {
  const channels = image.data.length / (image.width * image.height);
  const data = new Uint8Array(width * height * channels);
  const rows = nearestPlaces(image.height, height);
  const columns = nearestPlaces(image.width, width);
  rows.forEach((sourceY, y) =>
    columns.forEach((sourceX, x) => {
      const from = (sourceY * image.width + sourceX) * channels;
      const to = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = image.data[from + c];
    }),
  );
  return { width, height, data };
}

/** Resizes a map of classes as Pillow resizes by `nearest`: no class comes in that was not there. */
export const resizeMap = (map: LabelMap, { width, height }: Size): LabelMap =>
  map.width === width && map.height === height ? map : nearest(map, width, height);

/** Source places by repeated addition, whose rounding Pillow's results show. */
function nearestPlaces(source: number, target: number): Int32Array {
  const step = source / target;
  let place = step * 0.5;
  return Int32Array.from({ length: target }, () => {
    const current = Math.trunc(place);
    place += step;
    return current;
  });
}

const toByte = (fixed: number): number => Math.min(255, Math.max(0, fixed >> precision));
const half = 1 << (precision - 1);

function alongRows({ height, width: from, data: source }: RgbImage, taps: Taps): RgbImage {
  const width = taps.start.length;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [r, g, b] = [half, half, half];
      let p = (y * from + taps.start[x]) * 3;
      for (let k = 0; k < taps.count[x]; k++, p += 3) {
        const weight = taps.weights[x * taps.width + k];
        r += source[p] * weight;
        g += source[p + 1] * weight;
        b += source[p + 2] * weight;
      }
      const q = (y * width + x) * 3;
      data[q] = toByte(r);
      data[q + 1] = toByte(g);
      data[q + 2] = toByte(b);
    }
  }
  return { width, height, data };
}

function alongColumns({ width, data: source }: RgbImage, taps: Taps): RgbImage {
  const height = taps.start.length;
  const stride = width * 3;
  const data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < stride; i++) {
      let sum = half;
      let p = taps.start[y] * stride + i;
      for (let k = 0; k < taps.count[y]; k++, p += stride) {
        sum += source[p] * taps.weights[y * taps.width + k];
      }
      data[y * stride + i] = toByte(sum);
    }
  }
  return { width, height, data };
}
