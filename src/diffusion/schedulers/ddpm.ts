import { z } from 'zod';
import { combine } from '../latents.ts';
import { alphasCumprod } from './betas.ts';
import { boundsOf } from './bounds.ts';
import { boundOptions, noiseConfig } from './config.ts';
import { denoisedAtAlpha, noised } from './predictions.ts';
import type { Scheduler } from './scheduler.ts';
import { wholeTimesteps } from './timesteps.ts';

export const ddpmConfig = noiseConfig.extend({
  ...boundOptions,
  clip_sample: z.boolean().default(true),
  // Variances that a network predicts would be further channels of its output.
  variance_type: z.enum(['fixed_small', 'fixed_small_log', 'fixed_large']).default('fixed_small'),
});
export type DdpmConfig = z.output<typeof ddpmConfig>;

/** The variance of a step's noise by those of the noise it takes away (beta) and of what it leaves. */
const variances: Record<DdpmConfig['variance_type'], (beta: number, posterior: number) => number> =
  {
    fixed_small: (_, posterior) => posterior,
    fixed_small_log: (_, posterior) => posterior,
    fixed_large: (beta) => beta,
  };

/** Denoising diffusion probabilistic models (arXiv 2006.11239, equations 7 and 15). */
export function ddpm(config: DdpmConfig): Scheduler {
  const alphas = alphasCumprod(config);
  const bounded = boundsOf(config);
  return {
    sampling(steps) {
      const timesteps = wholeTimesteps(config, steps);
      return {
        timesteps,
        initNoiseSigma: 1,
        scaleInput: (x) => x,
        step(output, i, x, noise) {
          const t = timesteps[i];
          const a = alphas[t];
          const before = i + 1 < timesteps.length ? alphas[timesteps[i + 1]] : 1;
          const beta = 1 - a / before;
          const denoised = bounded(denoisedAtAlpha[config.prediction_type](output, x, a).x0);
          const posterior = Math.max(((1 - before) / (1 - a)) * beta, 1e-20);
          const previous = combine(
            [(Math.sqrt(before) * beta) / (1 - a), denoised],
            [(Math.sqrt(a / before) * (1 - before)) / (1 - a), x],
            ...(t > 0
              ? [[Math.sqrt(variances[config.variance_type](beta, posterior)), noise()] as const]
              : []),
          );
          return { previous, denoised };
        },
        addNoise: (clean, noise, timestep) => noised(clean, noise, alphas[timestep]),
      };
    },
  };
}
