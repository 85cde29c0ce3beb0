import { z } from 'zod';
import { combine } from '../latents.ts';
import { alphasCumprod } from './betas.ts';
import { boundsOf } from './bounds.ts';
import { boundOptions, noiseConfig } from './config.ts';
import { denoisedAtAlpha, noised } from './predictions.ts';
import type { Scheduler } from './scheduler.ts';
import { wholeTimesteps } from './timesteps.ts';

export const ddimConfig = noiseConfig.extend({
  ...boundOptions,
  clip_sample: z.boolean().default(true),
  set_alpha_to_one: z.boolean().default(true),
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
  const bounded = boundsOf(config);
  return {
    sampling(steps) {
      const timesteps = wholeTimesteps(config, steps);
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
          const denoised = bounded(x0);
          const variance = ((1 - before) / (1 - a)) * (1 - a / before);
          const sigma = eta * Math.sqrt(variance);
          const previous = combine(
            [Math.sqrt(before), denoised],
            [Math.sqrt(1 - before - sigma ** 2), epsilon],
            ...(sigma > 0 ? [[sigma, noise()] as const] : []),
          );
          return { previous, denoised };
        },
        addNoise: (clean, noise, timestep) => noised(clean, noise, alphas[timestep]),
      };
    },
  };
}
