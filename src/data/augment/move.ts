import type { Random } from '../../base/random/random.ts';

/** Mirrors a coordinate that lies up to one length outside back into 0 .. length - 1. */
function reflect(i: number, length: number): number {
  if (i < 0) return Math.min(length - 1, -i);
  return i >= length ? Math.max(0, 2 * length - 2 - i) : i;
}

export interface MoveOptions {
  /** Largest shift in each direction, as a share of the side; what comes in is mirrored. */
  readonly shift: number;
  /** Whether half of the pictures are mirrored left to right. */
  readonly flip: boolean;
}

/** How one picture is moved. */
export interface Move {
  readonly dx: number;
  readonly dy: number;
  readonly flip: boolean;
}

export function drawMove(
  width: number,
  height: number,
  options: MoveOptions,
  random: Random,
): Move {
  const shift = (side: number): number => {
    const most = Math.floor(options.shift * side);
    return random.integer(2 * most + 1) - most;
  };
  return { dx: shift(width), dy: shift(height), flip: options.flip && random.uniform() < 0.5 };
}

/** The moved picture; HWC of any number of channels, `width` x `height`. */
export function moved(
  source: Uint8Array,
  width: number,
  height: number,
  { dx, dy, flip }: Move,
): Uint8Array {
  if (dx === 0 && dy === 0 && !flip) return source;
  const channels = source.length / (width * height);
  const target = new Uint8Array(source.length);
  for (let y = 0; y < height; y++) {
    const row = reflect(y + dy, height) * width;
    for (let x = 0; x < width; x++) {
      const from = (row + reflect((flip ? width - 1 - x : x) + dx, width)) * channels;
      const to = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) target[to + c] = source[from + c];
    }
  }
  return target;
}
