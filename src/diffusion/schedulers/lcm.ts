import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import { combine } from '../latents.ts';
import { alphasCumprod } from './betas.ts';
import { boundsOf } from './bounds.ts';
import { boundOptions, noiseConfig } from './config.ts';
import { denoisedAtAlpha, noised } from './predictions.ts';
import type { Scheduler } from './scheduler.ts';
import { requireSteps } from './timesteps.ts';

export const lcmConfig = noiseConfig.extend({
  ...boundOptions,
  beta_start: noiseConfig.shape.beta_start.unwrap().default(0.00085),
  beta_end: noiseConfig.shape.beta_end.unwrap().default(0.012),
  beta_schedule: noiseConfig.shape.beta_schedule.unwrap().default('scaled_linear'),
  original_inference_steps: z.number().int().positive().default(50),
  timestep_scaling: z.number().default(10),
});
export type LcmConfig = z.output<typeof lcmConfig>;

/** The standard deviation of the data that the boundary condition supposes. */
const sigmaData = 0.5;

/**
 * Multistep sampling of latent consistency models (arXiv 2310.04378, algorithm 3).
 *
 * @param strength how much of the way is gone, in (0, 1]: the last of the distilled time steps.
 */
export function lcm(config: LcmConfig, strength = 1): Scheduler {
  const alphas = alphasCumprod(config);
  const bounded = boundsOf(config);
  return {
    upTo: (share) => lcm(config, share),
    sampling(steps) {
      const timesteps = distilledTimesteps(config, steps, strength);
      return {
        timesteps,
        initNoiseSigma: 1,
        scaleInput: (x) => x,
        step(output, i, x, noise) {
          const t = timesteps[i];
          const x0 = bounded(denoisedAtAlpha[config.prediction_type](output, x, alphas[t]).x0);
          const scaled = t * config.timestep_scaling;
          const norm = Math.hypot(scaled, sigmaData);
          const denoised = combine([scaled / norm, x0], [(sigmaData / norm) ** 2, x]);
          const previous =
            i + 1 < timesteps.length
              ? noised(denoised, noise(), alphas[timesteps[i + 1]])
              : denoised;
          return { previous, denoised };
        },
        addNoise: (clean, noise, timestep) => noised(clean, noise, alphas[timestep]),
      };
    },
  };
}

/**
 * `steps` of the time steps that the network was distilled at, about evenly spaced over the last
 * `strength` of them, the noisiest first.
 */
function distilledTimesteps(config: LcmConfig, steps: number, strength: number): number[] {
  const { num_train_timesteps: n, original_inference_steps: original } = config;
  if (original > n) {
    throw new ModelLockError('corrupt', `${original} distilled steps of ${n} training steps`);
  }
  const last = Math.trunc(original * strength);
  requireSteps(steps, last);
  const stride = Math.floor(n / original);
  return Array.from(
    { length: steps },
    (_, i) => (last - Math.floor(i * (last / steps))) * stride - 1,
  );
}
