import type { z } from 'zod';
import { combine } from '../latents.ts';
import { boundsOf } from './bounds.ts';
import { boundOptions, linspaceConfig, spacingOptions } from './config.ts';
import { denoisedAtSigma } from './predictions.ts';
import { remembered, type Scheduler } from './scheduler.ts';
import { sigmaLevels, toUnitVariance } from './sigma-levels.ts';

export const heunConfig = linspaceConfig.extend({
  ...spacingOptions,
  clip_sample: boundOptions.clip_sample,
  clip_sample_range: boundOptions.clip_sample_range,
  beta_start: linspaceConfig.shape.beta_start.unwrap().default(0.00085),
  beta_end: linspaceConfig.shape.beta_end.unwrap().default(0.012),
});
export type HeunConfig = z.output<typeof heunConfig>;

/**
 * Heun's method along the probability flow (arXiv 2206.00364, algorithm 1): an Euler step, then a
 * second call at its end, whose slope is averaged with the first. The last step is Euler's alone.
 */
export function heun(config: HeunConfig): Scheduler {
  const bounded = boundsOf(config);
  return {
    callsPerStep: 2,
    sampling(steps) {
      const levels = sigmaLevels(config, steps);
      const sigmas = twice(levels.sigmas);
      return {
        ...levels,
        timesteps: twice([...levels.timesteps, 0]).slice(0, -1),
        sigmas,
        scaleInput: (x, i) => toUnitVariance(x, sigmas[i]),
        step(output, i, x, _, memory) {
          const { outputs, sample: begin, calls } = remembered(memory, i);
          const raw = denoisedAtSigma[config.prediction_type](output, x, sigmas[i]);
          const denoised = bounded(raw);
          const slope = combine([1 / sigmas[i], x], [-1 / sigmas[i], denoised]);
          if (!begin) {
            const previous = combine([1, x], [sigmas[i + 1] - sigmas[i], slope]);
            return {
              previous,
              denoised,
              memory: { calls: calls + 1, outputs: [slope], sample: x },
            };
          }
          const half = (sigmas[i] - sigmas[i - 1]) / 2;
          const previous = combine([1, begin], [half, outputs[0]], [half, slope]);
          return { previous, denoised, memory: { calls: calls + 1, outputs: [] } };
        },
      };
    },
  };
}

/** Each value but the first and the last two times over. */
const twice = (values: readonly number[]): number[] =>
  values.flatMap((value, i) => (i === 0 || i === values.length - 1 ? [value] : [value, value]));
