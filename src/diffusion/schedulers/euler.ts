import { z } from 'zod';
import { combine } from '../latents.ts';
import { linspaceConfig, spacingOptions } from './config.ts';
import { denoisedAtSigma } from './predictions.ts';
import type { Scheduler } from './scheduler.ts';
import { sigmaLevels, toUnitVariance } from './sigma-levels.ts';

export const eulerConfig = linspaceConfig.extend({
  ...spacingOptions,
  interpolation_type: z.enum(['linear', 'log_linear']).default('linear'),
  timestep_type: z.enum(['discrete', 'continuous']).default('discrete'),
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
  sigma_min: z.number().positive().nullish(),
  sigma_max: z.number().positive().nullish(),
});
export type EulerConfig = z.output<typeof eulerConfig>;

/** Euler steps along the probability flow (Karras et al., arXiv 2206.00364, algorithm 2 without churn). */
export function euler(config: EulerConfig): Scheduler {
  return {
    sampling(steps) {
      const levels = sigmaLevels(config, steps);
      const { sigmas } = levels;
      return {
        ...levels,
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
