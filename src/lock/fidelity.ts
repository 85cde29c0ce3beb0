import { psnr } from '../metrics/similarity.ts';
import type { RgbImage } from '../tensor/image.ts';

/** How near some pictures are to what they should be. */
export interface Fidelity {
  /**
   * Mean of the peak signal-to-noise ratios of the pictures that differ at all, in decibels; null
   * where none does.
   */
  readonly psnr: number | null;
  /** Pictures compared. */
  readonly images: number;
}

/** Compares each picture with the one in its place. */
export function fidelityTo(wanted: readonly RgbImage[], found: readonly RgbImage[]): Fidelity {
  const ratios = found.map((image, i) => psnr(image, wanted[i])).filter(Number.isFinite);
  const mean = ratios.reduce((a, b) => a + b, 0) / ratios.length;
  return { psnr: ratios.length === 0 ? null : mean, images: found.length };
}
