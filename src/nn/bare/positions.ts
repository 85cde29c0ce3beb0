import type { StoredTensor } from '../../formats/stored-tensor.ts';
import { interpolationMatrix, type Interpolation } from '../../graph/ops/resize/interpolation.ts';
import { toFloat32 } from '../../tensor/convert.ts';
import { tensor, type Tensor } from '../../tensor/tensor.ts';

/** Bicubic interpolation as those have it who trained the weights. */
export const bicubics = {
  /** torch's `interpolate(mode='bicubic')`: MAE's `util/pos_embed.py`, and DeiT's. */
  plain: { cubicCoefficient: -0.75, antialias: false, excludeOutside: false },
  /** The same with `antialias=True`, which is another curve, too: timm's `resample_abs_pos_embed`. */
  antialiased: { cubicCoefficient: -0.5, antialias: true, excludeOutside: true },
} as const satisfies Record<string, Partial<Interpolation>>;
export type Bicubic = keyof typeof bicubics;

export interface PositionGrid {
  /** Tokens before the patches, which keep theirs. */
  readonly special: number;
  /** Patches in a row and in a column, before and after. */
  readonly from: number;
  readonly to: number;
  readonly bicubic: Bicubic;
}

/**
 * Position embeddings [1, special + from^2, D] for pictures of another size:
 * [1, special + to^2, D].
 */
export function resampledPositions(stored: StoredTensor, grid: PositionGrid): StoredTensor {
  const { special, from, to } = grid;
  if (from === to) return stored;
  const width = stored.shape[2];
  const shape = [1, special + to * to, width];
  return {
    dtype: 'float32',
    shape,
    read: async () => {
      const { data } = toFloat32(await stored.read());
      const all = new Float32Array((special + to * to) * width);
      all.set(data.subarray(0, special * width));
      all.set(resampled(data.subarray(special * width), width, grid), special * width);
      return tensor('float32', shape, all);
    },
  };
}

/** [from, from, D] to [to, to, D]. */
function resampled(
  patches: Float32Array,
  width: number,
  { from, to, bicubic }: PositionGrid,
): Float32Array {
  const axis = { from, to, scale: to / from };
  const matrix = interpolationMatrix(axis, {
    mode: 'cubic',
    coordinates: 'half_pixel',
    nearest: 'floor',
    ...bicubics[bicubic],
  }); // [to, from]
  const wide = acrossRows(patches, matrix, { rows: from, width });
  return acrossColumns(wide, matrix, to * width);
}

/** Each row [from, D] becomes [to, D]. */
function acrossRows(
  source: Float32Array,
  matrix: Tensor<'float32'>,
  { rows, width }: { readonly rows: number; readonly width: number },
): Float32Array {
  const [to, from] = matrix.shape;
  const result = new Float32Array(rows * to * width);
  for (let row = 0; row < rows; row++) {
    const part = source.subarray(row * from * width, (row + 1) * from * width);
    result.set(acrossColumns(part, matrix, width), row * to * width);
  }
  return result;
}

/** matrix [to, from] times source [from, width]. */
function acrossColumns(
  source: Float32Array,
  matrix: Tensor<'float32'>,
  width: number,
): Float32Array {
  const [to, from] = matrix.shape;
  const result = new Float32Array(to * width);
  for (let i = 0; i < to; i++) {
    for (let j = 0; j < from; j++) {
      const share = matrix.data[i * from + j];
      if (share === 0) continue;
      for (let d = 0; d < width; d++) result[i * width + d] += share * source[j * width + d];
    }
  }
  return result;
}
