import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { RgbImage } from '../../src/tensor/image.ts';
import { isHeldBack } from '../held-back.ts';
import { stylise } from './stylist.ts';

/** A picture as `[3, H, W]` floats in [0, 1]. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** The files of the pretraining classes below `root` (a folder a class), class by class, sorted. */
export async function pretrainingFiles(root: string): Promise<string[][]> {
  const classes = (await readdir(root)).sort().filter((_, i) => !isHeldBack(i));
  return Promise.all(
    classes.map(async (name) =>
      (await readdir(join(root, name))).sort().map((file) => join(root, name, file)),
    ),
  );
}

/** One picture of each of the first `count` pretraining classes. */
export async function samplePictures(root: string, count: number, which = 0): Promise<Picture[]> {
  const files = await pretrainingFiles(root);
  return Promise.all(files.slice(0, count).map((names) => readPicture(names[which])));
}

export async function readPicture(file: string): Promise<Picture> {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const n = info.width * info.height;
  const planes = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < 3; c++) planes[c * n + i] = data[i * info.channels + c] / 255;
  }
  return { height: info.height, width: info.width, data: planes };
}

/** The picture as editors take it. */
export function imageOf({ width, height, data: planes }: Picture): RgbImage {
  const area = width * height;
  const bytes = Uint8Array.from({ length: 3 * area }, (_, i) =>
    Math.round(255 * planes[(i % 3) * area + Math.floor(i / 3)]),
  );
  return { width, height, data: bytes };
}

export function pictureOf({ width, height, data: bytes }: RgbImage): Picture {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let i = 0; i < 3 * area; i++) planes[(i % 3) * area + Math.floor(i / 3)] = bytes[i] / 255;
  return { width, height, data: planes };
}

/** The picture as the stylist draws it in a style. */
export function redrawn(picture: Picture, style: Float32Array): Picture {
  const data = new Float32Array(picture.data.length);
  stylise(picture.data, picture.height, picture.width, style, data);
  return { ...picture, data };
}

/** Peak signal-to-noise ratio in decibels. */
export function psnr(a: Picture, b: Picture): number {
  const squares = a.data.reduce((sum, x, i) => sum + (x - b.data[i]) ** 2, 0);
  return -10 * Math.log10(squares / a.data.length);
}

/** Writes rows of pictures of equal size as one PNG, enlarged by `scale`. */
export async function writeSheet(
  file: string,
  rows: readonly (readonly Picture[])[],
  scale = 2,
): Promise<void> {
  const { height, width } = rows[0][0];
  const columns = Math.max(...rows.map((row) => row.length));
  const sheetWidth = columns * (width + 2);
  const sheetHeight = rows.length * (height + 2);
  const bytes = new Uint8Array(sheetWidth * sheetHeight * 3).fill(255);
  rows.forEach((row, r) =>
    row.forEach((picture, c) => {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const target = ((r * (height + 2) + y) * sheetWidth + c * (width + 2) + x) * 3;
          for (let k = 0; k < 3; k++) {
            bytes[target + k] = Math.round(255 * picture.data[(k * height + y) * width + x]);
          }
        }
      }
    }),
  );
  await sharp(bytes, { raw: { width: sheetWidth, height: sheetHeight, channels: 3 } })
    .resize(sheetWidth * scale, sheetHeight * scale, { kernel: 'nearest' })
    .png()
    .toFile(file);
}
