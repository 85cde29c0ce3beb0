import type { Random } from '../../base/random/random.ts';
import type { Rgb, RgbImage, Size } from '../../tensor/image.ts';
import type { LabelMap } from '../../tensor/label-map.ts';
import type { Box, BoxRanges } from './box.ts';
import { drawCrop, resizedCrop, resizedMapCrop } from './crop.ts';
import type { RandomErasing } from './erase.ts';
import type { Mixing } from './mix.ts';
import { drawMove, moved, type Move } from './move.ts';
import {
  changed,
  changedMap,
  drawChanges,
  type DrawnChange,
  type RandAugment,
} from './rand-augment.ts';

/** How training pictures are varied. What is left out is not done. */
export interface Augmentation {
  /** Largest shift of a picture, as a share of its side. */
  readonly shift: number;
  /** Whether half of the pictures are mirrored left to right. Default: true. */
  readonly flip?: boolean;
  /** A random part of the picture is resized to the whole's size, before it is shifted. */
  readonly crop?: BoxRanges;
  /** Colours and shapes are changed, after all that is above. */
  readonly randAugment?: RandAugment;
  /** A rectangle is erased from the normalised picture. */
  readonly erase?: RandomErasing;
  /** Pictures and targets of a batch are mixed, last of all. */
  readonly mix?: Mixing;
}

/** How one picture is cropped, moved and changed, in this order. */
export interface Variation {
  readonly crop?: Box;
  readonly move: Move;
  readonly changes: readonly DrawnChange[];
}

/** Each draws from a source of its own. */
export function drawVariation(
  { width, height }: Size,
  { shift, flip = true, crop, randAugment }: Augmentation,
  random: { readonly crop: Random; readonly move: Random; readonly change: Random },
): Variation {
  return {
    ...(crop ? { crop: drawCrop(width, height, crop, random.crop) } : {}),
    move: drawMove(width, height, { shift, flip }, random.move),
    changes: randAugment ? drawChanges(randAugment, random.change) : [],
  };
}

/**
 * A varied picture; its size stays.
 *
 * @param fill what comes in where a changed picture has nothing.
 */
export function variedImage(image: RgbImage, variation: Variation, fill: Rgb): RgbImage {
  const { crop, move, changes } = variation;
  const { width, height } = image;
  const { data } = crop ? resizedCrop(image, crop, 'bicubic') : image;
  return changed({ width, height, data: moved(data, width, height, move) }, changes, fill);
}

/** The classes of such a picture. */
export function variedMap(map: LabelMap, { crop, move, changes }: Variation): LabelMap {
  const { width, height } = map;
  const { data } = crop ? resizedMapCrop(map, crop) : map;
  return changedMap({ width, height, data: moved(data, width, height, move) }, changes);
}
