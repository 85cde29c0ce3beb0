import type { Rgb, RgbImage, Size } from '../../tensor/image.ts';
import { ignoreIndex, type LabelMap } from '../../tensor/label-map.ts';

/** Where a pixel comes from: x = a u + b v + c, y = d u + e v + f, for the place (u, v) of its middle. */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** By an angle in degrees, against the clock, around the middle. */
export function rotation({ width, height }: Size, degrees: number): AffineMap {
  const angle = (-degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [width / 2, height / 2];
  return [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y];
}

/**
 * An image under an affine map, as Pillow's `Image.transform` does it with the filter BICUBIC, in
 * size as before. What comes from outside gets the colour `fill`.
 */
export function affine(image: RgbImage, map: AffineMap, fill: Rgb): RgbImage {
  const { width, height } = image;
  const [a, b, c, d, e, f] = map;
  const result = { width, height, data: new Uint8Array(image.data.length) };
  const sampler = new Sampler(image);
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      const x = a * (u + 0.5) + b * (v + 0.5) + c;
      const y = d * (u + 0.5) + e * (v + 0.5) + f;
      const to = (v * width + u) * 3;
      const isInside = x >= 0 && x < width && y >= 0 && y < height;
      if (isInside) sampler.write(x - 0.5, y - 0.5, result.data, to);
      else result.data.set(fill, to);
    }
  }
  return result;
}

/** The classes of such an image: each pixel's is that of the pixel it comes from, if that is inside. */
export function affineLabels({ width, height, data }: LabelMap, map: AffineMap): LabelMap {
  const [a, b, c, d, e, f] = map;
  const result = new Uint8Array(data.length).fill(ignoreIndex);
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      const x = Math.floor(a * (u + 0.5) + b * (v + 0.5) + c);
      const y = Math.floor(d * (u + 0.5) + e * (v + 0.5) + f);
      const isInside = x >= 0 && x < width && y >= 0 && y < height;
      if (isInside) result[v * width + u] = data[y * width + x];
    }
  }
  return { width, height, data: result };
}

/** Colours between pixels; beyond the border, the border's pixels go on. Allocates nothing for each. */
class Sampler {
  readonly #image: RgbImage;
  /** Where the 4 columns and the 4 lines around a place begin, in values. */
  readonly #columns = new Int32Array(4);
  readonly #lines = new Int32Array(4);

  constructor(image: RgbImage) {
    this.#image = image;
  }

  /** Writes the colour at a place to three values from `to` on. */
  write(x: number, y: number, into: Uint8Array, to: number): void {
    const { width, height } = this.#image;
    const [left, top] = [Math.floor(x), Math.floor(y)];
    for (let i = 0; i < 4; i++) {
      this.#columns[i] = 3 * Math.max(0, Math.min(width - 1, left + i - 1));
      this.#lines[i] = 3 * width * Math.max(0, Math.min(height - 1, top + i - 1));
    }
    const [across, down] = [x - left, y - top];
    for (let channel = 0; channel < 3; channel++) {
      const value = cubic(
        this.#along(0, channel, across),
        this.#along(1, channel, across),
        this.#along(2, channel, across),
        this.#along(3, channel, across),
        down,
      );
      into[to + channel] = Math.max(0, Math.min(255, value));
    }
  }

  #along(line: number, channel: number, across: number): number {
    const { data } = this.#image;
    const from = this.#lines[line] + channel;
    const columns = this.#columns;
    return cubic(
      data[from + columns[0]],
      data[from + columns[1]],
      data[from + columns[2]],
      data[from + columns[3]],
      across,
    );
  }
}

/** Keys' cubic with a = -1 through four values, at a place t between the middle two. */
function cubic(p0: number, p1: number, p2: number, p3: number, t: number): number {
  const third = 2 * (p0 - p1) + p2 - p3;
  return p1 + t * (p2 - p0 + t * (third + t * (p1 - p0 - p2 + p3)));
}
