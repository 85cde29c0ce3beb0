import { roll } from '../../graph/functions/arrange.ts';
import { slice } from '../../graph/ops/movement/join-ops.ts';
import { pad } from '../../graph/ops/movement/pad.ts';
import { reshape, transpose } from '../../graph/ops/movement/shape-ops.ts';
import type { Value } from '../../graph/value.ts';
import { float32, int64, type Tensor } from '../../tensor/tensor.ts';

/** How windows lie over the tokens of a picture. */
export interface Windows {
  /** Side of a window. */
  readonly side: number;
  /** How far the picture is moved up and left before it is cut. */
  readonly shift: number;
  /** Rows and columns of tokens, before they are filled up to whole windows. */
  readonly grid: readonly [rows: number, columns: number];
}

/** x [B, h, w, C] in N windows, [B, N, side * side, C]; zeros fill up what is no whole window. */
export function partition(x: Value, { side, shift, grid }: Windows): Value {
  const [rows, columns] = wholeWindows({ side, grid });
  const filled = pad(x, { 1: [0, rows * side - grid[0]], 2: [0, columns * side - grid[1]] });
  const moved = roll(filled, [-shift, -shift], [1, 2]);
  const [batch, , , width] = x.shape;
  const apart = reshape(moved, [batch, rows, side, columns, side, width]);
  return reshape(transpose(apart, [0, 1, 3, 2, 4, 5]), [batch, rows * columns, side ** 2, width]);
}

/** Undoes `partition`. */
export function assemble(windows: Value, { side, shift, grid }: Windows): Value {
  const [rows, columns] = wholeWindows({ side, grid });
  const [batch, , , width] = windows.shape;
  const apart = reshape(windows, [batch, rows, columns, side, side, width]);
  const joined = reshape(transpose(apart, [0, 1, 3, 2, 4, 5]), [
    batch,
    rows * side,
    columns * side,
    width,
  ]);
  const back = roll(joined, [shift, shift], [1, 2]);
  return slice(back, { axis: 1, end: grid[0] }, { axis: 2, end: grid[1] });
}

function wholeWindows({ side, grid }: Pick<Windows, 'side' | 'grid'>): readonly [number, number] {
  return [Math.ceil(grid[0] / side), Math.ceil(grid[1] / side)];
}

/**
 * [N, 1, side^2, side^2], what keeps tokens apart that only moving has brought into one window:
 * -100 between them, as transformers has it, and 0 within what belongs together.
 */
export function shiftBias(windows: Windows): Tensor<'float32'> {
  const { side, shift } = windows;
  const [rows, columns] = wholeWindows(windows);
  // After the move, an axis has three regions: what lies in windows of its own, then, in the last
  // window, what was there before, and what came in from the other end.
  const region = (place: number, length: number): number =>
    place < length - side ? 0 : place < length - shift ? 1 : 2;
  const regions = Array.from({ length: rows * columns }, (_, window) =>
    Array.from({ length: side ** 2 }, (_token, i) => {
      const row = Math.floor(window / columns) * side + Math.floor(i / side);
      const column = (window % columns) * side + (i % side);
      return 3 * region(row, rows * side) + region(column, columns * side);
    }),
  );
  const values = regions.flatMap((of) => of.flatMap((a) => of.map((b) => (a === b ? 0 : -100))));
  return float32([rows * columns, 1, side ** 2, side ** 2], values);
}

/** [side^2 * side^2]: for each pair of tokens of a window, the row of the table of biases. */
export function relativePositions(side: number): Tensor<'int64'> {
  const places = Array.from({ length: side ** 2 }, (_, i) => [Math.floor(i / side), i % side]);
  const rows = places.flatMap(([y, x]) =>
    places.map(([v, u]) => (y - v + side - 1) * (2 * side - 1) + (x - u + side - 1)),
  );
  return int64([rows.length], rows);
}
