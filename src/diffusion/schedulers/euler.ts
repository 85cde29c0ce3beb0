import { z } from 'zod';
import { combine, scale, type Latents } from '../latents.ts';
import type { Sampling, Scheduler } from './scheduler.ts';
import {
  alphasCumprod,
  denoisedAtSigma,
  interpolate,
  noiseConfig,
  sigmaOf,
  spacedTimesteps,
  type NoiseConfig,
} from './tables.ts';

export const eulerConfig = noiseConfig.extend({
  timestep_spacing: noiseConfig.shape.timestep_spacing.unwrap().default('linspace'),
});
export const eulerDiscreteConfig = eulerConfig.extend({
  use_karras_sigmas: z.literal(false).default(false),
  use_exponential_sigmas: z.literal(false).default(false),
  use_beta_sigmas: z.literal(false).default(false),
});

/** A way in steps of sigma, from the noisiest level to zero. */
interface Levels {
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
  readonly initNoiseSigma: number;
  readonly addNoise: Sampling['addNoise'];
}

function levelsOf(config: NoiseConfig, steps: number): Levels {
  const alphas = alphasCumprod(config);
  // An infinite sigma would be of no use; diffusers takes this one.
  if (config.rescale_betas_zero_snr) alphas[alphas.length - 1] = 2 ** -24;
  const table = alphas.map(sigmaOf);
  const timesteps = spacedTimesteps(config, steps, false);
  const sigmas = [...timesteps.map((t) => interpolate(t, table)), 0];
  const largest = Math.max(...sigmas);
  return {
    timesteps,
    sigmas,
    initNoiseSigma: config.timestep_spacing === 'leading' ? Math.hypot(largest, 1) : largest,
    addNoise: (clean, noise, timestep) =>
      combine([1, clean], [sigmas[nearestIndex(timesteps, timestep)], noise]),
  };
}

/** The time step meant by a whole number; with linspace they are none. */
function nearestIndex(timesteps: readonly number[], timestep: number): number {
  const distances = timesteps.map((t) => Math.abs(t - timestep));
  return distances.indexOf(Math.min(...distances));
}

/** Scales x = x0 + sigma epsilon to unit variance. */
const toUnitVariance = (x: Latents, sigma: number): Latents => scale(x, 1 / Math.hypot(sigma, 1));

/** Ancestral Euler steps (k-diffusion's `sample_euler_ancestral`): each goes below its goal and adds noise. */
export function eulerAncestral(config: NoiseConfig): Scheduler {
  return {
    sampling(steps) {
      const { sigmas, ...levels } = levelsOf(config, steps);
      return {
        ...levels,
        sigmas,
        scaleInput: (x, i) => toUnitVariance(x, sigmas[i]),
        step(output, i, x, noise) {
          const [from, to] = [sigmas[i], sigmas[i + 1]];
          const denoised = denoisedAtSigma[config.prediction_type](output, x, from);
          const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2);
          const down = Math.sqrt(to ** 2 - up ** 2);
          const ratio = (down - from) / from;
          const previous = combine([1 + ratio, x], [-ratio, denoised], [up, noise()]);
          return { previous, denoised };
        },
      };
    },
  };
}

/** Euler steps along the probability flow (Karras et al., arXiv 2206.00364, algorithm 2 without churn). */
export function eulerDiscrete(config: NoiseConfig): Scheduler {
  return {
    sampling(steps) {
      const { sigmas, ...levels } = levelsOf(config, steps);
      return {
        ...levels,
        sigmas,
        scaleInput: (x, i) => toUnitVariance(x, sigmas[i]),
        step(output, i, x) {
          const denoised = denoisedAtSigma[config.prediction_type](output, x, sigmas[i]);
          const ratio = (sigmas[i + 1] - sigmas[i]) / sigmas[i];
          return { previous: combine([1 + ratio, x], [-ratio, denoised]), denoised };
        },
      };
    },
  };
}
