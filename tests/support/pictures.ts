import { readFileSync, writeFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';

/** Pictures that are not what programs expect, each made of an ordinary photograph. */

/** The photograph in other clothes, by the name of its file. */
const unusual: Readonly<Record<string, (photograph: Sharp) => Sharp>> = {
  'cmyk.jpg': (p) => p.toColourspace('cmyk').jpeg(),
  'sixteen bits.png': (p) => p.toColourspace('rgb16').png(),
  'grey.png': (p) => p.greyscale().toColourspace('b-w').png(),
  'grey.jpeg': (p) => p.greyscale().toColourspace('b-w').jpeg(),
  'alpha.png': (p) => p.ensureAlpha(0.5).png(),
  'palette.png': (p) => p.png({ palette: true, colours: 16 }),
  'upside down.JPG': (p) => p.withMetadata({ orientation: 3 }).jpeg(),
  'été à la plage.webp': (p) => p.webp(),
  'one pixel.png': (p) => p.resize(1, 1).png(),
  'a thread.png': (p) => p.resize(3, 200, { fit: 'fill' }).png(),
  'large.jpg': (p) => p.resize(700, 500, { fit: 'fill' }).jpeg(),
};

export const unusualNames = Object.keys(unusual);

/** Writes them all into a folder. */
export async function writeUnusual(folder: string, photograph: string): Promise<void> {
  for (const [name, make] of Object.entries(unusual)) {
    await make(sharp(photograph)).toFile(`${folder}/${name}`);
  }
}

/** Writes a photograph whose second half is missing. */
export function writeTruncated(path: string, photograph: string): void {
  const bytes = readFileSync(photograph);
  writeFileSync(path, bytes.subarray(0, bytes.length / 2));
}

/** Writes a PNG of a few bytes whose header speaks of 60,000 by 60,000 pixels. */
export async function writeBomb(path: string, photograph: string): Promise<void> {
  const bytes = await sharp(photograph).png().toBuffer();
  bytes.writeUInt32BE(60_000, 16);
  bytes.writeUInt32BE(60_000, 20);
  writeFileSync(path, bytes);
}
