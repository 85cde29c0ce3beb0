import type { Random } from '../../base/random/random.ts';
import type { RgbImage } from '../../tensor/image.ts';
import type { BoxRanges } from './box.ts';
import { drawCrop, resizedCrop } from './crop.ts';
import type { RandomErasing } from './erase.ts';
import type { Mixing } from './mix.ts';
import { drawMove, moved } from './move.ts';

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

/** A picture, cropped and moved; its size stays. Each of the two draws from a source of its own. */
export function varied(
  image: RgbImage,
  { shift, flip = true, crop }: Augmentation,
  random: { readonly crop: Random; readonly move: Random },
): RgbImage {
  const { width, height } = image;
  const { data } = crop
    ? resizedCrop(image, drawCrop(width, height, crop, random.crop), 'bicubic')
    : image;
  const move = drawMove(width, height, { shift, flip }, random.move);
  return { width, height, data: moved(data, width, height, move) };
}
