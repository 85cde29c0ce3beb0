import type { RgbImage, Size } from '../../tensor/image.ts';

/** The long side is edited at no more than this many times `size`, however oblong the image. */
const longestSide = 4;

/** The size at which an image is edited: its short side becomes `size`, its shape stays. */
export function editSize({ width, height }: Size, size: number | null): Size {
  if (size === null) return { width, height };
  const scale = Math.min(
    size / Math.min(width, height),
    (longestSide * size) / Math.max(width, height),
  );
  const scaled = (side: number): number => Math.max(1, Math.round(side * scale));
  return { width: scaled(width), height: scaled(height) };
}

/** The next multiples of `multiple`. */
export function paddedSize({ width, height }: Size, multiple: number): Size {
  const up = (side: number): number => Math.ceil(side / multiple) * multiple;
  return { width: up(width), height: up(height) };
}

/**
 * The image continued to the right and downwards by its own mirror image, without repeating the
 * edge, as often as it takes.
 */
export function reflectPad(image: RgbImage, { width, height }: Size): RgbImage {
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  const columns = Int32Array.from({ length: width }, (_, x) => 3 * mirrored(x, image.width));
  for (let y = 0; y < height; y++) {
    const row = mirrored(y, image.height) * image.width * 3;
    for (let x = 0, to = y * width * 3; x < width; x++, to += 3) {
      const from = row + columns[x];
      data[to] = image.data[from];
      data[to + 1] = image.data[from + 1];
      data[to + 2] = image.data[from + 2];
    }
  }
  return { width, height, data };
}

/** Position `i` in a line of `length` that is reflected at both ends. */
function mirrored(i: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const place = i % period;
  return place < length ? place : period - place;
}

/** The upper left corner of an image. */
export function cropTo(image: RgbImage, { width, height }: Size): RgbImage {
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = y * image.width * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}
