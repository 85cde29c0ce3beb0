import { quantile } from '../../base/numeric.ts';
import { tensor } from '../../tensor/tensor.ts';
import type { Latents } from '../latents.ts';

/** The configuration's options; what is absent is off. */
export interface BoundOptions {
  readonly clip_sample?: boolean;
  readonly clip_sample_range?: number;
  readonly thresholding?: boolean;
  readonly dynamic_thresholding_ratio?: number;
  readonly sample_max_value?: number;
}

/** Keeps a predicted sample within bounds: by a fixed range, by its own quantile, or not at all. */
export function boundsOf(options: BoundOptions): (x0: Latents) => Latents {
  const { dynamic_thresholding_ratio: ratio = 0.995, sample_max_value: most = 1 } = options;
  if (options.thresholding) return (x0) => thresholded(x0, ratio, most);
  const range = options.clip_sample_range ?? 1;
  return options.clip_sample ? (x0) => clipped(x0, range) : (x0) => x0;
}

function clipped(x0: Latents, range: number): Latents {
  return tensor(
    'float32',
    x0.shape,
    x0.data.map((v) => Math.min(range, Math.max(-range, v))),
  );
}

/** Dynamic thresholding (arXiv 2205.11487, section 2.3), for each sample of a batch by itself. */
function thresholded(x0: Latents, ratio: number, most: number): Latents {
  const [batch] = x0.shape;
  const size = x0.data.length / batch;
  const data = new Float32Array(x0.data.length);
  for (let b = 0; b < batch; b++) {
    const sample = x0.data.subarray(b * size, (b + 1) * size);
    const s = Math.min(Math.max(quantile(sample.map(Math.abs).sort(), ratio), 1), most);
    data.set(
      sample.map((v) => Math.min(s, Math.max(-s, v)) / s),
      b * size,
    );
  }
  return tensor('float32', x0.shape, data);
}
