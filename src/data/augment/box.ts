import type { Random } from '../../base/random/random.ts';

/** A rectangle of whole pixels within a picture. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Bounds of a number that is drawn: low <= high. */
export type Range = readonly [low: number, high: number];

export interface BoxRanges {
  /** Shares of the picture's area, in (0, 1]; drawn uniformly. */
  readonly area: Range;
  /** Width over height; drawn uniformly on a logarithmic scale. */
  readonly aspect: Range;
}

/** Draws that may miss the picture before there is none. */
const attempts = 10;

/** A rectangle of random size and place within a picture; undefined where none was found to fit. */
export function drawBox(
  width: number,
  height: number,
  { area, aspect }: BoxRanges,
  random: Random,
): Box | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const pixels = between(area, random) * width * height;
    const ratio = Math.exp(between([Math.log(aspect[0]), Math.log(aspect[1])], random));
    const w = Math.round(Math.sqrt(pixels * ratio));
    const h = Math.round(Math.sqrt(pixels / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    return {
      left: random.integer(width - w + 1),
      top: random.integer(height - h + 1),
      width: w,
      height: h,
    };
  }
  return undefined;
}

const between = ([low, high]: Range, random: Random): number =>
  low + (high - low) * random.uniform();
