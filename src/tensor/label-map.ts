/** A class for every pixel: rows from the top, pixels from the left. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  /** HW, `height * width` class numbers, or `ignoreIndex`. Nobody writes to a map they were given. */
  readonly data: Uint8Array;
}

/** Marks pixels that belong to no class: they are neither learned nor scored. */
export const ignoreIndex = 255;
