import { ModelLockError } from '../../base/error.ts';
import type { PngHeader } from './chunks.ts';

/**
 * A part of a picture whose rows follow each other: every `dx`-th column and `dy`-th row from (x,
 * y) on.
 */
export interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly columns: number;
  readonly rows: number;
}

/** Adam7, as the PNG specification has it: x, y, dx, dy. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The passes of a picture; empty ones have no bytes in the file. */
export function passesOf({ width, height, interlaced }: PngHeader): Pass[] {
  const grids = interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return grids
    .map(([x, y, dx, dy]) => ({
      x,
      y,
      dx,
      dy,
      columns: Math.ceil((width - x) / dx),
      rows: Math.ceil((height - y) / dy),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** What each filter predicts a byte from: the ones left of it, above it, and above left. */
type Predictor = (left: number, above: number, aboveLeft: number) => number;

const predictors: readonly Predictor[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

function paeth(left: number, above: number, aboveLeft: number): number {
  const p = left + above - aboveLeft;
  const toLeft = Math.abs(p - left);
  const toAbove = Math.abs(p - above);
  const toAboveLeft = Math.abs(p - aboveLeft);
  if (toLeft <= toAbove && toLeft <= toAboveLeft) return left;
  return toAbove <= toAboveLeft ? above : aboveLeft;
}

/**
 * Undoes the filter of a row in place, where a pixel has at most one byte. Throws `data` for
 * filters that there are not.
 */
export function unfilter(
  filter: number,
  line: Uint8Array,
  lineAbove: Uint8Array,
  where: string,
): void {
  const predict = predictors.at(filter);
  if (!predict) {
    throw new ModelLockError('data', `${where} is a broken PNG: there is no filter ${filter}`);
  }
  let left = 0;
  let aboveLeft = 0;
  for (let i = 0; i < line.length; i++) {
    const above = lineAbove[i];
    left = line[i] = (line[i] + predict(left, above, aboveLeft)) & 255;
    aboveLeft = above;
  }
}
