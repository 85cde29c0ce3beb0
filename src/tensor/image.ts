import { ModelLockError } from '../base/error.ts';

/** A colour of 8 bits a channel. */
export type Rgb = readonly [red: number, green: number, blue: number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pictures of more are refused before anything of their size is made: 100 megapixels. */
export const maxPixels = 100_000_000;

/** A picture of 8 bits a channel: rows from the top, pixels from the left, red, green, blue. */
export interface RgbImage extends Size {
  /** HWC, `height * width * 3` bytes. Nobody writes to an image they were given. */
  readonly data: Uint8Array;
}

/**
 * Longer ones are refused, too: where the short side of a picture is given, as editors and models have
 * it, its long side grows with it.
 */
const maxRatio = 100;

/** Throws `data` for sizes that no picture has, and that would fill the memory here or further on. */
export function requireSensibleSize({ width, height }: Size, where?: string): void {
  const fail = (problem: string): never => {
    const size = `${width}x${height} pixels`;
    throw new ModelLockError(
      'data',
      where === undefined ? `${size} are ${problem}` : `${where} has ${size}, ${problem}`,
    );
  };
  if (!(width >= 1 && height >= 1)) fail('none at all');
  if (width * height > maxPixels) fail(`more than ${maxPixels} in all`);
  if (Math.max(width, height) > maxRatio * Math.min(width, height))
    fail(`more than ${maxRatio} to 1`);
}

/** Pillow's grey of the colour at an index (ITU-R 601-2 luma, in 16 bits). */
export const lumaAt = (data: RgbImage['data'], at: number): number =>
  (19595 * data[at] + 38470 * data[at + 1] + 7471 * data[at + 2] + 0x8000) >> 16;
