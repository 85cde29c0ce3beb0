import { ModelLockError } from '../base/error.ts';
import type { RgbImage } from '../tensor/image.ts';

const peak = 255;

/** Peak signal-to-noise ratio in dB, over all pixels and channels; Infinity for equal images. */
export function psnr(a: RgbImage, b: RgbImage): number {
  requireSameSize(a, b);
  let squares = 0;
  for (let i = 0; i < a.data.length; i++) squares += (a.data[i] - b.data[i]) ** 2;
  return 10 * Math.log10((peak * peak * a.data.length) / squares);
}

/** One channel: row-major [height, width], values in [0, 255]. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** The weights in a window, one dimension of it, and how variances are estimated. */
interface Window {
  readonly weights: readonly number[];
  /** 1 for the population's variance; n / (n - 1) for the sample's. */
  readonly unbias: number;
}

const windows = {
  /** 7 x 7, all pixels alike, sample covariance. */
  uniform: { weights: Array.from({ length: 7 }, () => 1 / 7), unbias: 49 / 48 },
  /** As the paper has it: 11 x 11, Gaussian with sigma 1.5, population covariance. */
  gaussian: { weights: gaussianWeights(1.5, 5), unbias: 1 },
} as const satisfies Record<string, Window>;

export type SsimWindow = keyof typeof windows;

/**
 * Structural similarity (Wang et al. 2004), in [-1, 1]: the mean over the windows that lie within
 * the image, then over the channels. Throws `data` for images smaller than the window.
 */
export function ssim(a: RgbImage, b: RgbImage, window: SsimWindow = 'uniform'): number {
  requireSameSize(a, b);
  const channels = [0, 1, 2].map((c) => planeSsim(channelOf(a, c), channelOf(b, c), window));
  return channels.reduce((sum, value) => sum + value, 0) / channels.length;
}

/** `ssim` of single channels. */
export function planeSsim(a: Plane, b: Plane, window: SsimWindow = 'uniform'): number {
  requireSameSize(a, b);
  const { weights, unbias } = windows[window];
  if (Math.min(a.width, a.height) < weights.length) {
    throw new ModelLockError(
      'data',
      `SSIM needs ${weights.length} pixels or more on each side, not ${a.width} x ${a.height}`,
    );
  }
  const mean = (value: (i: number) => number): Float64Array => blur(a, value, weights);
  const muA = mean((i) => a.data[i]);
  const muB = mean((i) => b.data[i]);
  const squareA = mean((i) => a.data[i] ** 2);
  const squareB = mean((i) => b.data[i] ** 2);
  const product = mean((i) => a.data[i] * b.data[i]);
  const [c1, c2] = [(0.01 * peak) ** 2, (0.03 * peak) ** 2];
  let sum = 0;
  for (let i = 0; i < muA.length; i++) {
    const varianceA = unbias * (squareA[i] - muA[i] ** 2);
    const varianceB = unbias * (squareB[i] - muB[i] ** 2);
    const covariance = unbias * (product[i] - muA[i] * muB[i]);
    sum +=
      ((2 * muA[i] * muB[i] + c1) * (2 * covariance + c2)) /
      ((muA[i] ** 2 + muB[i] ** 2 + c1) * (varianceA + varianceB + c2));
  }
  return sum / muA.length;
}

/** Weighted means over every window within the plane: [height - k + 1, width - k + 1]. */
function blur(
  { width, height }: Plane,
  value: (i: number) => number,
  weights: readonly number[],
): Float64Array {
  const k = weights.length;
  const [outWidth, outHeight] = [width - k + 1, height - k + 1];
  const rows = new Float64Array(height * outWidth); // [H, W - k + 1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const v = value(y * width + x);
      for (let t = Math.max(0, x - outWidth + 1); t < k && t <= x; t++) {
        rows[y * outWidth + x - t] += weights[t] * v;
      }
    }
  }
  const out = new Float64Array(outHeight * outWidth); // [H - k + 1, W - k + 1]
  for (let y = 0; y < outHeight; y++) {
    for (let t = 0; t < k; t++) {
      for (let x = 0; x < outWidth; x++) {
        out[y * outWidth + x] += weights[t] * rows[(y + t) * outWidth + x];
      }
    }
  }
  return out;
}

function gaussianWeights(sigma: number, radius: number): number[] {
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function channelOf({ width, height, data }: RgbImage, channel: number): Plane {
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height }, (_, i) => data[i * 3 + channel]),
  };
}

function requireSameSize(a: Plane, b: Plane): void {
  if (a.width !== b.width || a.height !== b.height || a.data.length !== b.data.length) {
    throw new ModelLockError(
      'shape',
      `a ${a.width} x ${a.height} image cannot be compared with one of ${b.width} x ${b.height}`,
    );
  }
}
