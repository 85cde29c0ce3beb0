import type { Size } from './image.ts';

/** A class for every pixel: rows from the top, pixels from the left. */
export interface LabelMap extends Size {
  /** HW, `height * width` class numbers, or `ignoreIndex`. Nobody writes to a map they were given. */
  readonly data: Uint8Array;
}

/** Marks pixels that belong to no class: they are neither learned nor scored. */
export const ignoreIndex = 255;
