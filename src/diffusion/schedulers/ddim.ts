import { z } from 'zod';
import { tensor } from '../../tensor/tensor.ts';
import { combine, type Latents } from '../latents.ts';
import type { Scheduler } from './scheduler.ts';
import { alphasCumprod, denoisedAtAlpha, noiseConfig, spacedTimesteps } from './tables.ts';

export const ddimConfig = noiseConfig.extend({
  clip_sample: z.boolean().default(true),
  clip_sample_range: z.number().default(1),
  set_alpha_to_one: z.boolean().default(true),
  thresholding: z.boolean().default(false),
  dynamic_thresholding_ratio: z.number().default(0.995),
  sample_max_value: z.number().default(1),
});
export type DdimConfig = z.output<typeof ddimConfig>;

/**
 * Denoising diffusion implicit models (arXiv 2010.02502, equation 12).
 *
 * @param eta how much noise a step adds: 0 none, 1 as much as DDPM.
 */
export function ddim(config: DdimConfig, eta = 0): Scheduler {
  const alphas = alphasCumprod(config);
  const last = config.set_alpha_to_one ? 1 : alphas[0];
  const limit = limiterOf(config);
  return {
    sampling(steps) {
      const timesteps = spacedTimesteps(config, steps, true);
      const stride = Math.floor(config.num_train_timesteps / steps);
      return {
        timesteps,
        initNoiseSigma: 1,
        scaleInput: (x) => x,
        step(output, i, x, noise) {
          const t = timesteps[i];
          const a = alphas[t];
          const before = t - stride >= 0 ? alphas[t - stride] : last;
          const { x0, epsilon } = denoisedAtAlpha[config.prediction_type](output, x, a);
          const denoised = limit(x0);
          const variance = ((1 - before) / (1 - a)) * (1 - a / before);
          const sigma = eta * Math.sqrt(variance);
          const previous = combine(
            [Math.sqrt(before), denoised],
            [Math.sqrt(1 - before - sigma ** 2), epsilon],
            ...(sigma > 0 ? [[sigma, noise()] as const] : []),
          );
          return { previous, denoised };
        },
        addNoise: (clean, noise, timestep) =>
          combine([Math.sqrt(alphas[timestep]), clean], [Math.sqrt(1 - alphas[timestep]), noise]),
      };
    },
  };
}

/** Keeps a predicted sample within bounds, by a fixed range or by its own quantile (arXiv 2205.11487). */
export function limiterOf(
  config: Pick<
    DdimConfig,
    | 'clip_sample'
    | 'clip_sample_range'
    | 'thresholding'
    | 'dynamic_thresholding_ratio'
    | 'sample_max_value'
  >,
): (x0: Latents) => Latents {
  if (config.thresholding) return (x0) => thresholded(x0, config);
  const range = config.clip_sample_range;
  if (!config.clip_sample) return (x0) => x0;
  return (x0) =>
    tensor(
      'float32',
      x0.shape,
      x0.data.map((v) => Math.min(range, Math.max(-range, v))),
    );
}

function thresholded(
  x0: Latents,
  config: { readonly dynamic_thresholding_ratio: number; readonly sample_max_value: number },
): Latents {
  const [batch] = x0.shape;
  const size = x0.data.length / batch;
  const data = new Float32Array(x0.data.length);
  for (let b = 0; b < batch; b++) {
    const sample = x0.data.subarray(b * size, (b + 1) * size);
    const magnitudes = sample.map(Math.abs).sort();
    const place = config.dynamic_thresholding_ratio * (size - 1);
    const [low, high] = [magnitudes[Math.floor(place)], magnitudes[Math.ceil(place)]];
    const quantile = low + (high - low) * (place - Math.floor(place));
    const s = Math.min(Math.max(quantile, 1), config.sample_max_value);
    data.set(
      sample.map((v) => Math.min(s, Math.max(-s, v)) / s),
      b * size,
    );
  }
  return tensor('float32', x0.shape, data);
}
