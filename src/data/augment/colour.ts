import { lumaAt, type RgbImage } from '../../tensor/image.ts';

/** Changes of colour, value for value as Pillow's ImageOps and ImageEnhance make them. */

/** The image with each channel's values replaced by those of a table of 256. */
function mapped(image: RgbImage, tables: readonly ArrayLike<number>[]): RgbImage {
  return { ...image, data: image.data.map((value, i) => tables[i % 3][value]) };
}

const byValue = (map: (value: number) => number): readonly ArrayLike<number>[] => {
  const table = Uint8Array.from({ length: 256 }, (_, value) => map(value));
  return [table, table, table];
};

const identity = Uint8Array.from({ length: 256 }, (_, value) => value);

export const invert = (image: RgbImage): RgbImage =>
  mapped(
    image,
    byValue((v) => 255 - v),
  );

/** Inverts values from `threshold` on. */
export const solarize = (image: RgbImage, threshold: number): RgbImage =>
  mapped(
    image,
    byValue((v) => (v < threshold ? v : 255 - v)),
  );

/** Adds to values below 128. */
export const solarizeAdd = (image: RgbImage, amount: number): RgbImage =>
  mapped(
    image,
    byValue((v) => (v < 128 ? Math.min(255, v + amount) : v)),
  );

/** Keeps the highest bits of each value. */
export const posterize = (image: RgbImage, bits: number): RgbImage =>
  mapped(
    image,
    byValue((v) => v & ~(2 ** (8 - bits) - 1)),
  );

/** How often each value is there, for each channel. */
function histograms({ data }: RgbImage): readonly Uint32Array[] {
  const counts = [0, 1, 2].map(() => new Uint32Array(256));
  data.forEach((value, i) => counts[i % 3][value]++);
  return counts;
}

/** Stretches each channel to all of 0 .. 255. */
export function autoContrast(image: RgbImage): RgbImage {
  const tables = histograms(image).map((counts) => {
    const [low, high] = [counts.findIndex(Boolean), counts.findLastIndex(Boolean)];
    if (high <= low) return identity;
    const scale = 255 / (high - low);
    return Uint8ClampedArray.from(identity, (v) => Math.trunc(v * scale - low * scale));
  });
  return mapped(image, tables);
}

/** Spreads each channel's values so that they are about equally frequent. */
export function equalize(image: RgbImage): RgbImage {
  const tables = histograms(image).map((counts) => {
    const last = counts.findLast(Boolean)!;
    const step = Math.floor((counts.reduce((a, b) => a + b) - last) / 255);
    if (step === 0) return identity;
    let below = Math.floor(step / 2);
    return Uint8ClampedArray.from(counts, (count) => {
      const value = Math.floor(below / step);
      below += count;
      return value;
    });
  });
  return mapped(image, tables);
}

/** base + factor (image - base), cut to whole values; a factor above 1 leads away from the base. */
function blended(base: Uint8Array, image: RgbImage, factor: number): RgbImage {
  const share = Math.fround(factor);
  const data = image.data.map((value, i) =>
    Math.max(0, Math.min(255, Math.fround(base[i] + Math.fround(share * (value - base[i]))))),
  );
  return { ...image, data };
}

/** Pillow's grey, one byte a pixel. */
function greys({ data }: RgbImage): Uint8Array {
  return Uint8Array.from({ length: data.length / 3 }, (_, i) => lumaAt(data, 3 * i));
}

export function saturation(image: RgbImage, factor: number): RgbImage {
  const grey = greys(image);
  const base = image.data.map((_, i) => grey[Math.floor(i / 3)]);
  return blended(base, image, factor);
}

export function contrast(image: RgbImage, factor: number): RgbImage {
  const grey = greys(image);
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  return blended(
    image.data.map(() => Math.trunc(mean + 0.5)),
    image,
    factor,
  );
}

export const brightness = (image: RgbImage, factor: number): RgbImage =>
  blended(new Uint8Array(image.data.length), image, factor);

export const sharpness = (image: RgbImage, factor: number): RgbImage =>
  blended(smoothed(image), image, factor);

/** Means over 3 x 3 pixels, of which the middle counts five times; the border stays. */
function smoothed({ width, height, data }: RgbImage): Uint8Array {
  const result = data.slice();
  const row = 3 * width;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      let sum = 4 * data[i];
      for (const line of [i - row, i, i + row]) sum += data[line - 3] + data[line] + data[line + 3];
      result[i] = Math.trunc(sum / 13 + 0.5);
    }
  }
  return result;
}
