import type { Random } from '../../base/random/random.ts';
import type { Rgb, RgbImage, Size } from '../../tensor/image.ts';
import type { LabelMap } from '../../tensor/label-map.ts';
import { affine, affineLabels, rotation, type AffineMap } from './affine.ts';
import {
  autoContrast,
  brightness,
  contrast,
  equalize,
  invert,
  posterize,
  saturation,
  sharpness,
  solarize,
  solarizeAdd,
} from './colour.ts';

/** RandAugment (arXiv 1909.13719) as timm does it: `rand-m9-mstd0.5-inc1`. */
export interface RandAugment {
  /** Changes that are drawn for a picture, the same one twice perhaps. */
  readonly changes: number;
  /** Share of them that are made. */
  readonly probability: number;
  /** How strong they are, from 0 to 10: the mean, and the standard deviation around it. */
  readonly magnitude: number;
  readonly spread: number;
}

/** Where the pixels of a changed picture come from, by a strength in [0, 1] and a sign, +1 or -1. */
type Shift = (size: Size, strength: number, sign: number) => AffineMap;

const shapeChanges = {
  rotate: (size, strength, sign) => rotation(size, sign * 30 * strength),
  shearX: (_, strength, sign) => [1, sign * 0.3 * strength, 0, 0, 1, 0],
  shearY: (_, strength, sign) => [1, 0, 0, sign * 0.3 * strength, 1, 0],
  translateX: ({ width }, strength, sign) => [1, 0, sign * 0.45 * strength * width, 0, 1, 0],
  translateY: ({ height }, strength, sign) => [1, 0, 0, 0, 1, sign * 0.45 * strength * height],
} as const satisfies Record<string, Shift>;

type Recolouring = (image: RgbImage, strength: number, sign: number) => RgbImage;

/** Stronger is further from the picture as it was, for all that have a strength. */
const colourChanges = {
  autoContrast,
  equalize,
  invert,
  posterize: (image, strength) => posterize(image, 4 - Math.trunc(4 * strength)),
  solarize: (image, strength) => solarize(image, 256 - Math.trunc(256 * strength)),
  solarizeAdd: (image, strength) => solarizeAdd(image, Math.trunc(110 * strength)),
  saturation: (image, strength, sign) => saturation(image, 1 + sign * 0.9 * strength),
  contrast: (image, strength, sign) => contrast(image, 1 + sign * 0.9 * strength),
  brightness: (image, strength, sign) => brightness(image, 1 + sign * 0.9 * strength),
  sharpness: (image, strength, sign) => sharpness(image, 1 + sign * 0.9 * strength),
} as const satisfies Record<string, Recolouring>;

type ShapeChange = keyof typeof shapeChanges;
export type ChangeName = ShapeChange | keyof typeof colourChanges;
export const changeNames = [
  ...Object.keys(shapeChanges),
  ...Object.keys(colourChanges),
] as readonly ChangeName[];

const isShapeChange = (name: ChangeName): name is ShapeChange => name in shapeChanges;

export interface DrawnChange {
  readonly name: ChangeName;
  readonly strength: number;
  readonly sign: number;
}

/** The changes of one picture, in their order. */
export function drawChanges(options: RandAugment, random: Random): readonly DrawnChange[] {
  return Array.from({ length: options.changes }, () => {
    const name = changeNames[random.integer(changeNames.length)];
    const isMade = random.uniform() < options.probability;
    const magnitude = options.magnitude + options.spread * random.normal();
    const strength = Math.max(0, Math.min(10, magnitude)) / 10;
    const sign = random.uniform() < 0.5 ? 1 : -1;
    return isMade ? { name, strength, sign } : undefined;
  }).filter((change) => change !== undefined);
}

/** A changed picture; `fill` is what comes in at the border. */
export function changed(image: RgbImage, drawn: readonly DrawnChange[], fill: Rgb): RgbImage {
  return drawn.reduce(
    (current, { name, strength, sign }) =>
      isShapeChange(name)
        ? affine(current, shapeChanges[name](current, strength, sign), fill)
        : colourChanges[name](current, strength, sign),
    image,
  );
}

/** The classes of such a picture; what comes in at the border has none. */
export function changedMap(map: LabelMap, drawn: readonly DrawnChange[]): LabelMap {
  return drawn.reduce(
    (current, { name, strength, sign }) =>
      isShapeChange(name)
        ? affineLabels(current, shapeChanges[name](current, strength, sign))
        : current,
    map,
  );
}
