import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import type { RgbImage, Size } from '../tensor/image.ts';
import { ignoreIndex, type LabelMap } from '../tensor/label-map.ts';
import { resamplingByNumber, resizeImage, resizeMap } from './resize.ts';

/** In pixels. A batch of larger pictures, as a hostile file may want them, would fill the memory. */
const length = z.number().int().positive().max(2048);
const pair = z.object({ height: length, width: length });
const edge = z.object({ shortest_edge: length });
const side = length.transform((n) => ({ height: n, width: n }));
const triple = z.tuple([z.number(), z.number(), z.number()]);

/** `preprocessor_config.json` of transformers, for classifiers. */
export const preprocessorConfig = z.object({
  do_resize: z.boolean().default(true),
  size: z.union([pair, edge, side]),
  /** ConvNeXT's: below 384 pixels the shorter edge goes to size / crop_pct, then it is cropped. */
  crop_pct: z.number().positive().optional(),
  resample: z.number().int().min(0).max(5).default(2),
  do_center_crop: z.boolean().default(false),
  crop_size: z.union([pair, side]).optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: triple.default([0.5, 0.5, 0.5]),
  image_std: triple.default([0.5, 0.5, 0.5]),
});
export type PreprocessorConfig = z.output<typeof preprocessorConfig>;

/** From a picture to a model's input, in two steps: pixels can be kept, floats are four times as large. */
export interface Preprocessor {
  /** Size of the result where it does not depend on the picture. */
  readonly size: { readonly height: number; readonly width: number };
  /** Resized and cropped. */
  toPixels(image: RgbImage): RgbImage;
  /** The classes of what `toPixels` makes of their picture; outside of it they are to be ignored. */
  toMap(map: LabelMap): LabelMap;
  /** Writes the normalised picture as CHW floats. */
  normalise(image: RgbImage, into: Float32Array): void;
}

export function preprocessor(config: PreprocessorConfig): Preprocessor {
  const resampling = resamplingByNumber[config.resample];
  const [scale, offset] = affineOf(config);
  return {
    size: outputSize(config),
    toPixels: (image) => {
      const { width, height } = resizedSize(config, image);
      const resized = resizeImage(image, width, height, resampling);
      const crop = cropOf(config);
      return crop ? centreCrop(resized, crop.width, crop.height, Math.floor) : resized;
    },
    toMap: (map) => {
      const resized = resizeMap(map, resizedSize(config, map));
      const crop = cropOf(config);
      return crop ? centreCrop(resized, crop.width, crop.height, Math.floor, ignoreIndex) : resized;
    },
    normalise: ({ width, height, data }, into) => {
      const area = width * height;
      for (let i = 0; i < area; i++) {
        for (let c = 0; c < 3; c++) into[c * area + i] = data[i * 3 + c] * scale[c] + offset[c];
      }
    },
  };
}

/** Rescaling and normalisation as one factor and one offset for each colour. */
function affineOf(config: PreprocessorConfig): [scale: number[], offset: number[]] {
  const factor = config.do_rescale ? config.rescale_factor : 1;
  const std = config.do_normalize ? config.image_std : [1, 1, 1];
  const mean = config.do_normalize ? config.image_mean : [0, 0, 0];
  return [std.map((s) => factor / s), mean.map((m, c) => -m / std[c])];
}

function cropOf(config: PreprocessorConfig): { width: number; height: number } | undefined {
  if ('shortest_edge' in config.size && config.crop_pct !== undefined) {
    const n = config.size.shortest_edge;
    return { width: n, height: n };
  }
  return config.do_center_crop ? config.crop_size : undefined;
}

function outputSize(config: PreprocessorConfig): { width: number; height: number } {
  const crop = cropOf(config);
  if (crop) return crop;
  if (!('shortest_edge' in config.size)) return config.size;
  throw new ModelLockError(
    'unsupported',
    'preprocessor_config.json keeps the aspect of pictures and crops nothing: they would not fit into a batch',
  );
}

/** The size that a picture is resized to, before it is cropped. */
function resizedSize(config: PreprocessorConfig, { width, height }: Size): Size {
  if (!config.do_resize) return { width, height };
  if (!('shortest_edge' in config.size)) return config.size;
  const short = Math.trunc(config.size.shortest_edge / (config.crop_pct ?? 1));
  return withShortSide({ width, height }, short);
}

/** A size whose shorter side is `short`; the longer one is truncated, as torchvision does. */
export function withShortSide({ width, height }: Size, short: number): Size {
  const long = Math.trunc((short * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: short, height: long } : { width: long, height: short };
}

/**
 * The middle of a picture of any number of channels; what lies outside of it is `fill`, or black.
 *
 * @param rounding of an offset that is no integer: transformers takes the floor, torchvision
 * rounds as Python does.
 */
export function centreCrop(
  image: RgbImage,
  width: number,
  height: number,
  rounding: (offset: number) => number = roundHalfEven,
  fill = 0,
): RgbImage {
  if (image.width === width && image.height === height) return image;
  const left = rounding((image.width - width) / 2);
  const top = rounding((image.height - height) / 2);
  const channels = image.data.length / (image.width * image.height);
  const data = new Uint8Array(width * height * channels).fill(fill);
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
    const first = Math.max(0, -left);
    const last = Math.min(width, image.width - left);
    const from = ((y + top) * image.width + left + first) * channels;
    const part = image.data.subarray(from, from + (last - first) * channels);
    data.set(part, (y * width + first) * channels);
  }
  return { width, height, data };
}

/** Python's `round`. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor & 1) : Math.round(x);
}
