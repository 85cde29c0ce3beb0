import { ModelLockError } from '../base/error.ts';
import { roundHalfEven } from '../base/numeric.ts';
import { lumaAt, type Rgb, type RgbImage, type Size } from '../tensor/image.ts';
import { ignoreIndex, type LabelMap } from '../tensor/label-map.ts';
import type { PreprocessorConfig } from './preprocessor-config.ts';
import { resamplingByNumber, resizeImage, resizeMap } from './resize.ts';

/** Channels of a model's input: colours, or grey. */
export type Channels = 1 | 3;

/** From a picture to a model's input, in two steps: pixels can be kept, floats are four times as large. */
export interface Preprocessor {
  readonly channels: Channels;
  /** Size of the result where it does not depend on the picture. */
  readonly size: { readonly height: number; readonly width: number };
  /** Resized and cropped. */
  toPixels(image: RgbImage): RgbImage;
  /** The classes of what `toPixels` makes of their picture; outside of it they are to be ignored. */
  toMap(map: LabelMap): LabelMap;
  /** Writes the normalised picture as CHW floats; where the model sees grey, as Pillow makes it of colours. */
  normalise(image: RgbImage, into: Float32Array): void;
  /** The colour that becomes zero, or is next to that. */
  readonly zero: Rgb;
}

/** Throws `unsupported` where mean and deviation are not those of so many channels. */
export function preprocessor(config: PreprocessorConfig, channels: Channels = 3): Preprocessor {
  const resampling = resamplingByNumber[config.resample];
  const [scale, offset] = affineOf(config, channels);
  return {
    channels,
    size: outputSize(config),
    zero: zeroOf(scale, offset),
    toPixels: (image) => {
      const { width, height } = resizedSize(config, image);
      return cropped(config, resizeImage(image, width, height, resampling));
    },
    toMap: (map) => {
      const resized = resizeMap(map, resizedSize(config, map));
      return cropped(config, resized, ignoreIndex);
    },
    normalise: ({ width, height, data }, into) => {
      const area = width * height;
      for (let i = 0; i < area; i++) {
        if (channels === 1) into[i] = lumaAt(data, i * 3) * scale[0] + offset[0];
        else
          for (let c = 0; c < 3; c++) into[c * area + i] = data[i * 3 + c] * scale[c] + offset[c];
      }
    },
  };
}

function zeroOf(scale: readonly number[], offset: readonly number[]): Rgb {
  const channel = (c: number): number =>
    Math.max(0, Math.min(255, Math.round(-offset[c] / scale[c])));
  return scale.length === 1
    ? [channel(0), channel(0), channel(0)]
    : [channel(0), channel(1), channel(2)];
}

/** Rescaling and normalisation as one factor and one offset for each channel. */
function affineOf(
  config: PreprocessorConfig,
  channels: Channels,
): [scale: number[], offset: number[]] {
  const factor = config.do_rescale ? config.rescale_factor : 1;
  const std = config.do_normalize
    ? perChannel(config.image_std, channels)
    : Array<number>(channels).fill(1);
  const mean = config.do_normalize
    ? perChannel(config.image_mean, channels)
    : Array<number>(channels).fill(0);
  return [std.map((s) => factor / s), mean.map((m, c) => -m / std[c])];
}

/**
 * A number for each channel: as many as there are, or one for all. Throws `unsupported` for numbers
 * that differ between colours where there is grey.
 */
export function perChannel(numbers: readonly number[], channels: Channels): readonly number[] {
  const isOne = numbers.every((number) => number === numbers[0]);
  if (isOne) return Array<number>(channels).fill(numbers[0]);
  if (numbers.length === channels) return numbers;
  throw new ModelLockError(
    'unsupported',
    `colours have a mean and a deviation each (${numbers.join(', ')}), and the model sees grey`,
    { valid: ['one number for the mean, and one for the deviation'] },
  );
}

/** From this edge on ConvNeXT's pictures are not cropped but warped into a square. */
const warpedEdge = 384;

/** The edge of ConvNeXT's squares; undefined for other processors. */
function convNextEdge({
  crop_pct: share,
  do_resize,
  size,
}: PreprocessorConfig): number | undefined {
  const isIts = share !== undefined && do_resize && 'shortest_edge' in size;
  return isIts ? size.shortest_edge : undefined;
}

/** What is cut out of the middle of a resized picture, one after the other. */
function cropsOf(config: PreprocessorConfig): Size[] {
  const edge = convNextEdge(config);
  return [
    ...(edge !== undefined && edge < warpedEdge ? [{ width: edge, height: edge }] : []),
    ...(config.do_center_crop ? [config.crop_size!] : []),
  ];
}

const cropped = (config: PreprocessorConfig, image: RgbImage, fill?: number): RgbImage =>
  cropsOf(config).reduce<RgbImage>(
    (whole, { width, height }) => centreCrop(whole, width, height, Math.floor, fill),
    image,
  );

function outputSize(config: PreprocessorConfig): Size {
  const crop = cropsOf(config).at(-1);
  if (crop) return crop;
  const { do_resize: resizes, size } = config;
  if (resizes && !('shortest_edge' in size)) return size;
  const edge = convNextEdge(config);
  if (edge !== undefined) return { width: edge, height: edge };
  throw new ModelLockError(
    'unsupported',
    'preprocessor_config.json gives pictures of different sizes: they would not fit into a batch',
  );
}

/** The size that a picture is resized to, before it is cropped. */
function resizedSize(config: PreprocessorConfig, { width, height }: Size): Size {
  if (!config.do_resize) return { width, height };
  if (!('shortest_edge' in config.size)) return config.size;
  const edge = convNextEdge(config);
  if (edge === undefined) return withShortSide({ width, height }, config.size.shortest_edge);
  if (edge >= warpedEdge) return { width: edge, height: edge };
  return withShortSide({ width, height }, Math.trunc(edge / config.crop_pct!));
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
