import type { Tensors } from '../runtime/session.ts';
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
  { unet, unetConfig, autoencoder }: Pick<Components, 'unet' | 'unetConfig' | 'autoencoder'>,
  guidance: number,
): TextDenoiser {
  // One tensor as long as the batch is the same: what is known of it is then not computed again.
  const constants = memoised((batch: number, height: number, width: number): Tensors => ({
    ...(unetConfig.time_cond_proj_dim
      ? { guidance: embeddedScale(guidance, batch, unetConfig.time_cond_proj_dim) }
      : {}),
    ...(unetConfig.addition_embed_type === 'text_time'
      ? { timeIds: timeIds(batch, height * autoencoder.factor, width * autoencoder.factor) }
      : {}),
  }));
  return async (sample, timestep, { states, pooled }) => {
    const shape = batchShape(sample);
    const { output } = await unet.run(shape, {
      sample,
      text: states,
      timestep: tensor('float32', [1], Float32Array.of(timestep)),
      ...(pooled ? { pooledText: pooled } : {}),
      ...constants(...shape),
    });
    return output as Latents;
  };
}

/**
 * What SDXL's network is told of a picture (arXiv 2307.01952, section 2.2): original height and
 * width, the upper left corner of its crop, and target size, [B, 6]. Here nothing was cropped.
 */
function timeIds(batch: number, height: number, width: number): Tensor<'float32'> {
  const row = [height, width, 0, 0, height, width];
  return tensor(
    'float32',
    [batch, 6],
    Float32Array.from({ length: 6 * batch }, (_, i) => row[i % 6]),
  );
}

function memoised<Arguments extends readonly number[], T>(
  make: (...at: Arguments) => T,
): (...at: Arguments) => T {
  const known = new Map<string, T>();
  return (...at) => {
    const there = known.get(at.join()) ?? make(...at);
    known.set(at.join(), there);
    return there;
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
