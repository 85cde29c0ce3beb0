import type { Size } from '../tensor/image.ts';
import type { LabelMap } from '../tensor/label-map.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { rowsOf } from './rows.ts';

/** A map of logits for each class, [classes, height, width]. */
export interface Maps extends Size {
  readonly classes: number;
  readonly data: Float32Array;
}

/** The maps of each picture, of logits [B, classes, height, width]. */
export function mapsOf({ shape, data }: Tensor<'float32'>): Maps[] {
  const [count, classes, height, width] = shape;
  return rowsOf(data, data.length / count).map((own) => ({ classes, height, width, data: own }));
}

/** Where a row or a column of a resized map comes from: two neighbours, and the share of the second. */
interface Neighbours {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

/** As `interpolate` of PyTorch with `align_corners` off. */
function neighboursOf(place: number, target: number, source: number): Neighbours {
  const at = Math.max(0, ((place + 0.5) * source) / target - 0.5);
  const first = Math.min(Math.floor(at), source - 1);
  return { first, second: Math.min(first + 1, source - 1), share: at - first };
}

/** The likeliest class of each pixel, after the logits were resized to `size` bilinearly. */
export function labelMapOf({ classes, width, height, data }: Maps, size: Size): LabelMap {
  const columns = Array.from({ length: size.width }, (_, x) => neighboursOf(x, size.width, width));
  const labels = new Uint8Array(size.width * size.height);
  const best = new Float32Array(size.width);
  const line = new Float32Array(width);
  for (let y = 0; y < size.height; y++) {
    const row = neighboursOf(y, size.height, height);
    const target = labels.subarray(y * size.width, (y + 1) * size.width);
    best.fill(-Infinity);
    for (let c = 0; c < classes; c++) {
      const [above, below] = [row.first, row.second].map((r) => (c * height + r) * width);
      for (let x = 0; x < width; x++) {
        line[x] = data[above + x] + row.share * (data[below + x] - data[above + x]);
      }
      for (let x = 0; x < size.width; x++) {
        const { first, second, share } = columns[x];
        const value = line[first] + share * (line[second] - line[first]);
        if (value > best[x]) [best[x], target[x]] = [value, c];
      }
    }
  }
  return { ...size, data: labels };
}

/** The logits of one pixel of maps that are resized to `size`, [classes]. */
export function logitsAt(
  { classes, width, height, data }: Maps,
  size: Size,
  x: number,
  y: number,
): Float32Array {
  const [column, row] = [neighboursOf(x, size.width, width), neighboursOf(y, size.height, height)];
  return Float32Array.from({ length: classes }, (_, c) => {
    const [above, below] = [row.first, row.second].map((r) => {
      const start = (c * height + r) * width;
      const [left, right] = [data[start + column.first], data[start + column.second]];
      return left + column.share * (right - left);
    });
    return above + row.share * (below - above);
  });
}
