import type { RgbImage } from '../tensor/image.ts';
import { readingAtOnce } from './images.ts';

/** Things of which pictures were read, in order, and the pictures. */
export interface PictureGroup<T> {
  readonly things: readonly T[];
  readonly images: readonly RgbImage[];
}

/** How much is held at once. */
export interface GroupLimits {
  /** Pictures: two batches, as models and editors have them. */
  readonly pictures?: number;
  /** Beyond so many bytes of pixels no further picture is begun. Fewer would leave batches of photographs half empty. */
  readonly bytes?: number;
}

/**
 * Reads the pictures of some things, in order, a group at a time: photographs may have a hundred times
 * the pixels that a model looks at, so their number alone does not say what memory they take.
 */
export async function* pictureGroups<T>(
  things: readonly T[],
  read: (thing: T) => Promise<RgbImage>,
  { pictures = 64, bytes = 2 ** 30 }: GroupLimits = {},
): AsyncGenerator<PictureGroup<T>> {
  let start = 0;
  while (start < things.length) {
    const images = await readFrom(things.slice(start, start + pictures), read, bytes);
    yield { things: things.slice(start, start + images.length), images };
    start += images.length;
  }
}

/** The first few, until they have so many bytes. */
function readFrom<T>(
  things: readonly T[],
  read: (thing: T) => Promise<RgbImage>,
  bytes: number,
): Promise<RgbImage[]> {
  let held = 0;
  const readOne = async (thing: T): Promise<RgbImage> => {
    const image = await read(thing);
    held += image.data.length;
    return image;
  };
  return readingAtOnce(things, readOne, () => held < bytes);
}
