import type { Random } from '../../base/random/random.ts';
import type { RgbImage, Size } from '../../tensor/image.ts';
import type { LabelMap } from '../../tensor/label-map.ts';
import type { Box, BoxRanges } from './box.ts';
import { drawCrop, resizedCrop, resizedMapCrop } from './crop.ts';
import type { RandomErasing } from './erase.ts';
import type { Mixing } from './mix.ts';
import { drawMove, moved, type Move } from './move.ts';

/** How training pictures are varied. What is left out is not done. */
export interface Augmentation {
  /** Largest shift of a picture, as a share of its side. */
  readonly shift: number;
  /** Whether half of the pictures are mirrored left to right. Default: true. */
  readonly flip?: boolean;
  /** A random part of the picture is resized to the whole's size, before it is shifted. */
  readonly crop?: BoxRanges;
  /** A rectangle is erased from the normalised picture. */
  readonly erase?: RandomErasing;
  /** Pictures and targets of a batch are mixed, last of all. */
  readonly mix?: Mixing;
}

/** How one picture is cropped and moved. */
export interface Geometry {
  readonly crop?: Box;
  readonly move: Move;
}

/** Crop and move each draw from a source of their own. */
export function drawGeometry(
  { width, height }: Size,
  { shift, flip = true, crop }: Augmentation,
  random: { readonly crop: Random; readonly move: Random },
): Geometry {
  return {
    ...(crop ? { crop: drawCrop(width, height, crop, random.crop) } : {}),
    move: drawMove(width, height, { shift, flip }, random.move),
  };
}

/** A picture, cropped and moved; its size stays. */
export function movedImage(image: RgbImage, { crop, move }: Geometry): RgbImage {
  const { width, height } = image;
  const { data } = crop ? resizedCrop(image, crop, 'bicubic') : image;
  return { width, height, data: moved(data, width, height, move) };
}

/** The classes of such a picture. */
export function movedMap(map: LabelMap, { crop, move }: Geometry): LabelMap {
  const { width, height } = map;
  const { data } = crop ? resizedMapCrop(map, crop) : map;
  return { width, height, data: moved(data, width, height, move) };
}
