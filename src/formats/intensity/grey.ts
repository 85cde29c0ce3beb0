import { quantile } from '../../base/numeric.ts';
import type { RgbImage } from '../../tensor/image.ts';

/** A picture of measured values, such as Hounsfield units. */
export interface ValueImage {
  readonly width: number;
  readonly height: number;
  /** HW; none is NaN. */
  readonly values: Float64Array;
}

/** From a value to a grey level between 0 and 1; what is outside is cut off. */
export type Window = (value: number) => number;

/** The picture through a window, as three equal channels. `invert` makes large values dark. */
export function greyImage(
  { width, height, values }: ValueImage,
  window: Window,
  invert = false,
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  values.forEach((value, i) => {
    const level = Math.min(Math.max(window(value), 0), 1);
    data.fill(Math.round(255 * (invert ? 1 - level : level)), i * 3, i * 3 + 3);
  });
  return { width, height, data };
}

/** From `low`, black, to `high`, white. Where they are equal, all above is white. */
export function rangeWindow(low: number, high: number): Window {
  return (value) => (high > low ? (value - low) / (high - low) : value > low ? 1 : 0);
}

/** What is left of values when one in a hundred is cut off at either end. */
export function percentileWindow(values: Float64Array): Window {
  if (values.length === 0) return rangeWindow(0, 0);
  const sorted = values.toSorted();
  return rangeWindow(quantile(sorted, 0.01), quantile(sorted, 0.99));
}
