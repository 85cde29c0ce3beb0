import type { Random } from '../../base/random/random.ts';
import { drawBox, type BoxRanges } from './box.ts';

/** Random erasing (arXiv 1708.04896) as timm does it, on normalised pictures. */
export interface RandomErasing extends BoxRanges {
  /** Share of the pictures from which a rectangle is erased. */
  readonly probability: number;
  /** What takes its place: standard normal noise in every pixel and colour, or zero, the mean. */
  readonly fill: 'noise' | 'zero';
}

/** timm's rectangles. */
export const erasedBoxes: BoxRanges = { area: [0.02, 1 / 3], aspect: [0.3, 1 / 0.3] };

/** Perhaps erases a rectangle. `picture` is [C, height, width], normalised, and written to. */
export function erase(
  picture: Float32Array,
  width: number,
  height: number,
  options: RandomErasing,
  random: Random,
): void {
  if (random.uniform() >= options.probability) return;
  const box = drawBox(width, height, options, random);
  if (!box) return;
  const fill = options.fill === 'noise' ? (): number => random.normal() : (): number => 0;
  for (let plane = 0; plane < picture.length; plane += width * height) {
    for (let y = box.top; y < box.top + box.height; y++) {
      const first = plane + y * width + box.left;
      for (let i = first; i < first + box.width; i++) picture[i] = fill();
    }
  }
}
