import { tensor, type Tensor } from '../tensor/tensor.ts';
import type { Components } from './components.ts';
import type { TextDenoiser } from './denoiser.ts';
import { batchShape } from './latent-space.ts';
import type { Latents } from './latents.ts';

/**
 * The U-Net.
 *
 * @param guidance the strength that a network is told which has learnt to be guided (arXiv
 * 2210.03142); others need no such input.
 */
export function networkOf(
  { unet, unetConfig }: Pick<Components, 'unet' | 'unetConfig'>,
  guidance: number,
): TextDenoiser {
  return async (sample, timestep, text) => {
    const [batch] = sample.shape;
    const { output } = await unet.run(batchShape(sample), {
      sample,
      text,
      timestep: tensor('float32', [1], Float32Array.of(timestep)),
      ...(unetConfig.time_cond_proj_dim
        ? { guidance: embeddedScale(guidance, batch, unetConfig.time_cond_proj_dim) }
        : {}),
    });
    return output as Latents;
  };
}

/** Whether a network has learnt what guidance does, and is told how strong it should be. */
export function isDistilled({ unetConfig }: Pick<Components, 'unetConfig'>): boolean {
  return Boolean(unetConfig.time_cond_proj_dim);
}

/**
 * Sines and cosines of w = scale - 1 in thousandths, [B, size], in single precision like diffusers:
 * at these angles its rounding shows.
 */
export function embeddedScale(scale: number, batch: number, size: number): Tensor<'float32'> {
  const half = Math.floor(size / 2);
  const w = Math.fround(Math.fround(scale - 1) * 1000);
  const step = Math.fround(Math.fround(Math.log(10000)) / (half - 1));
  const row = new Float32Array(size);
  for (let i = 0; i < half; i++) {
    const angle = Math.fround(w * Math.fround(Math.exp(Math.fround(-i * step))));
    row[i] = Math.sin(angle);
    row[half + i] = Math.cos(angle);
  }
  const data = new Float32Array(batch * size);
  for (let n = 0; n < batch; n++) data.set(row, n * size);
  return tensor('float32', [batch, size], data);
}
