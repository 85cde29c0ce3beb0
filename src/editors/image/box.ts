/** A part of a picture: from its left and top side up to, without, its right and bottom one, in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
