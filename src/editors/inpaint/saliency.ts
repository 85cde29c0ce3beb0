import { resizeImage } from '../../data/resize.ts';
import type { RgbImage } from '../../tensor/image.ts';

/** How much each part of a picture belongs to its subject, [height, width], from 0 on. */
export interface Saliency {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/** Saliency is looked at in about so many pixels: recompression and noise average out in them. */
const workingArea = 32 * 32;

/** Share of a side that counts as the picture's border. */
const borderShare = 0.1;

/** Distances of colours that are no contrast, in grey levels: noise, and what JPEG leaves. */
const noiseLevels = 4;

/**
 * The contrast of a picture to its borders: what does not look like the border is the subject, for
 * photographs are framed so.
 *
 *     S(x) = c(x) (sum_k d_k(x) - max_k d_k(x)),    d_k(x) = max(0, ||I(x) - m_k|| - noise)
 *
 * I is the picture, averaged to some 1000 pixels, in YCbCr (ITU-R 601); m_k the mean colour of its
 * border k of four. That is the border contrast of Zhang et al., "Minimum Barrier Salient Object
 * Detection at 80 FPS" (ICCV 2015), section 3.3, which leaves out the border that differs most, for a
 * subject may touch one; with plain distances as in Achanta et al., "Frequency-tuned Salient Region
 * Detection" (CVPR 2009), because whitened ones amplify noise in even borders. c(x) = 1 / (1 + 2 r^2)
 * is a mild prior for the centre, with r the distance to it in sides of the picture.
 *
 * No function is used whose last bits differ between machines.
 */
export function borderContrast(image: RgbImage): Saliency {
  const small = averaged(image);
  const { width, height } = small;
  const colours = yCbCr(small);
  const distances = bordersOf(small).map((border) => {
    const mean = meanColour(colours, border);
    return (i: number): number => Math.max(0, distance(colours, i, mean) - noiseLevels);
  });
  const data = Float64Array.from({ length: width * height }, (_, i) => {
    const d = distances.map((distanceAt) => distanceAt(i));
    const contrast = d.reduce((a, b) => a + b) - Math.max(...d);
    const x = ((i % width) + 0.5) / width - 0.5;
    const y = (Math.floor(i / width) + 0.5) / height - 0.5;
    return contrast / (1 + 2 * (x * x + y * y));
  });
  return { width, height, data };
}

/** The picture in about `workingArea` pixels, each the mean of those it stands for; never enlarged. */
function averaged(image: RgbImage): RgbImage {
  const scale = Math.min(1, Math.sqrt(workingArea / (image.width * image.height)));
  const scaled = (side: number): number => Math.max(1, Math.round(side * scale));
  return resizeImage(image, scaled(image.width), scaled(image.height), 'box');
}

/** Luma and two differences of colour, three numbers a pixel. */
function yCbCr({ data }: RgbImage): Float64Array {
  const values = new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
    const luma = 0.299 * r + 0.587 * g + 0.114 * b;
    values[i] = luma;
    values[i + 1] = 0.564 * (b - luma);
    values[i + 2] = 0.713 * (r - luma);
  }
  return values;
}

/** Places of the pixels at the left, right, top and bottom border. */
function bordersOf({ width, height }: RgbImage): number[][] {
  const depth = (side: number): number => Math.max(1, Math.round(borderShare * side));
  const [across, down] = [depth(width), depth(height)];
  const all = Array.from({ length: width * height }, (_, i) => i);
  return [
    all.filter((i) => i % width < across),
    all.filter((i) => i % width >= width - across),
    all.filter((i) => i < down * width),
    all.filter((i) => i >= (height - down) * width),
  ];
}

function meanColour(colours: Float64Array, places: readonly number[]): number[] {
  return [0, 1, 2].map(
    (c) => places.reduce((sum, i) => sum + colours[3 * i + c], 0) / places.length,
  );
}

function distance(colours: Float64Array, i: number, mean: readonly number[]): number {
  return Math.sqrt(mean.reduce((sum, m, c) => sum + (colours[3 * i + c] - m) ** 2, 0));
}
