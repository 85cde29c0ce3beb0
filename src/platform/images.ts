import { availableParallelism } from 'node:os';
import type { Sharp } from 'sharp';
import { ModelLockError } from '../base/error.ts';
import { maxPixels, requireSensibleSize, type RgbImage } from '../tensor/image.ts';
import type { LabelMap } from '../tensor/label-map.ts';
import { bytesOf } from './bytes.ts';
import { readBytes } from './files.ts';
import { decodePlain } from './plain-formats.ts';

/** Samples whose range from black to white is known, as the image library calls them. */
const depths: ReadonlySet<string> = new Set(['uchar', 'ushort']);

/** How many pictures are worth decoding at once. */
export const decodersAtOnce = Math.max(2, availableParallelism());

/**
 * The picture in a file, its alpha dropped and its EXIF orientation ignored, as Pillow's
 * `Image.open(...).convert('RGB')` reads it. Throws `data`, naming `where`.
 */
export async function decodeImage(bytes: Uint8Array, where: string): Promise<RgbImage> {
  try {
    const plain = decodePlain(bytes);
    if (plain) return plain;
    const { default: sharp } = await import('sharp');
    const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'truncated' });
    const { width, height, depth, space, hasAlpha } = await image.metadata();
    requireSensibleSize({ width, height });
    if (!depths.has(depth)) {
      throw new ModelLockError('data', `its samples are ${depth} numbers, of no known range`, {
        valid: ['8 or 16 bits without a sign'],
      });
    }
    const eightBits = depth === 'ushort' ? image.toColourspace('srgb') : image;
    const opaque = hasAlpha ? eightBits.removeAlpha() : eightBits;
    return await toRgb(space === 'cmyk' ? opaque.toColourspace('srgb') : opaque);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    throw new ModelLockError('data', `${where} cannot be read as a picture: ${reason}`, {
      cause: error,
    });
  }
}

async function toRgb(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels === 3) return { width, height, data: bytesOf(data) };
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)];
  }
  return { width, height, data: rgb };
}

export async function readImage(path: string): Promise<RgbImage> {
  return decodeImage(await readBytes(path), path);
}

export type ImageFormat =
  { readonly kind: 'png' } | { readonly kind: 'jpeg'; readonly quality: number };

/** The bytes of a PNG or JPEG file. */
export async function encodeImage(
  image: RgbImage,
  format: ImageFormat = { kind: 'png' },
): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const { width, height, data } = image;
  const raw = sharp(data, { raw: { width, height, channels: 3 } });
  const encoder = format.kind === 'png' ? raw.png() : raw.jpeg({ quality: format.quality });
  return bytesOf(await encoder.toBuffer());
}

/** The bytes of a PNG file of one channel, whose grey levels are the values. */
export async function encodeMask({ width, height, data }: LabelMap): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const raw = sharp(data, { raw: { width, height, channels: 1 } });
  return bytesOf(await raw.toColourspace('b-w').png().toBuffer());
}

/** The pictures of some files, in order, a few decoded at once. */
export const readImages = (paths: readonly string[]): Promise<RgbImage[]> =>
  readingAtOnce(paths, readImage);

/**
 * What is read of some things, in order, as many at once as are worth decoding at once. After one
 * that cannot be read, no other is begun.
 *
 * @param goesOn asked before each whether it is still wanted: what was read by then is all.
 */
export async function readingAtOnce<T, R>(
  things: readonly T[],
  read: (thing: T) => Promise<R>,
  goesOn: () => boolean = () => true,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < things.length && goesOn()) {
      const i = next++;
      try {
        results[i] = await read(things[i]);
      } catch (error) {
        next = things.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: decodersAtOnce }, work));
  return results;
}
