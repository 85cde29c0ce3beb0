import { combine } from '../latents.ts';
import { linspaceConfig, type NoiseConfig } from './config.ts';
import { denoisedAtSigma } from './predictions.ts';
import type { Scheduler } from './scheduler.ts';
import { sigmaLevels, toUnitVariance } from './sigma-levels.ts';

export const eulerAncestralConfig = linspaceConfig;

/** Ancestral Euler steps (k-diffusion's `sample_euler_ancestral`): each goes below its goal and adds noise. */
export function eulerAncestral(config: NoiseConfig): Scheduler {
  return {
    sampling(steps) {
      const levels = sigmaLevels(config, steps);
      const { sigmas } = levels;
      return {
        ...levels,
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
