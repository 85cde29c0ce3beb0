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
