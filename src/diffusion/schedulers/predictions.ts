import { combine, type Latents } from '../latents.ts';
import type { NoiseConfig } from './config.ts';

type Prediction = NoiseConfig['prediction_type'];

/** The clean sample in terms of sigma: x = x0 + sigma epsilon. */
export const denoisedAtSigma: Record<
  Prediction,
  (output: Latents, x: Latents, sigma: number) => Latents
> = {
  epsilon: (output, x, sigma) => combine([1, x], [-sigma, output]),
  v_prediction: (output, x, sigma) =>
    combine([-sigma / Math.sqrt(sigma ** 2 + 1), output], [1 / (sigma ** 2 + 1), x]),
  sample: (output) => output,
};

/** A sample taken apart: x = sqrt(alpha-bar) x0 + sqrt(1 - alpha-bar) epsilon. */
export interface Parts {
  readonly x0: Latents;
  readonly epsilon: Latents;
}

/** The clean sample and the noise in terms of alpha-bar. */
export const denoisedAtAlpha: Record<
  Prediction,
  (output: Latents, x: Latents, alpha: number) => Parts
> = {
  epsilon: (output, x, a) => ({
    x0: combine([1 / Math.sqrt(a), x], [-Math.sqrt((1 - a) / a), output]),
    epsilon: output,
  }),
  v_prediction: (output, x, a) => ({
    x0: combine([Math.sqrt(a), x], [-Math.sqrt(1 - a), output]),
    epsilon: combine([Math.sqrt(a), output], [Math.sqrt(1 - a), x]),
  }),
  sample: (output, x, a) => ({
    x0: output,
    epsilon: combine([1 / Math.sqrt(1 - a), x], [-Math.sqrt(a / (1 - a)), output]),
  }),
};

/** The diffusion process: a clean sample under the noise of alpha-bar. */
export const noised = (clean: Latents, noise: Latents, alpha: number): Latents =>
  combine([Math.sqrt(alpha), clean], [Math.sqrt(1 - alpha), noise]);
