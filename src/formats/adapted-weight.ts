import { toFloat32 } from '../tensor/convert.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** scale * up down, a change of low rank r (LoRA, arXiv 2106.09685). */
export interface LowRankUpdate {
  /** [r, C, ...taps] */
  readonly down: StoredTensor;
  /** [O, r, ...ones] */
  readonly up: StoredTensor;
  readonly scale: number;
}

/** A weight [O, C, ...taps] and what is added to it when it is loaded. */
export interface AdaptedWeight {
  readonly base: StoredTensor;
  readonly updates: readonly LowRankUpdate[];
}

/** The sum, in single precision. */
export async function adapted({ base, updates }: AdaptedWeight): Promise<Tensor<'float32'>> {
  const sum = toFloat32(await base.read()).data.slice();
  const [outputs] = base.shape;
  const columns = sum.length / outputs;
  for (const { down, up, scale } of updates) {
    const [d, u] = [toFloat32(await down.read()).data, toFloat32(await up.read()).data];
    const [rank] = down.shape;
    for (let o = 0; o < outputs; o++) {
      const row = sum.subarray(o * columns, (o + 1) * columns);
      for (let r = 0; r < rank; r++) {
        const factor = scale * u[o * rank + r];
        const from = r * columns;
        for (let c = 0; c < columns; c++) row[c] += factor * d[from + c];
      }
    }
  }
  return tensor('float32', base.shape, sum);
}
