import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import { combine, type Latents } from '../latents.ts';

/** What every `scheduler_config.json` has. */
export const noiseConfig = z.object({
  num_train_timesteps: z.number().int().positive().default(1000),
  beta_start: z.number().default(0.0001),
  beta_end: z.number().default(0.02),
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
  trained_betas: z.array(z.number()).nullish(),
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
  timestep_spacing: z.enum(['linspace', 'leading', 'trailing']).default('leading'),
  steps_offset: z.number().int().default(0),
  rescale_betas_zero_snr: z.boolean().default(false),
});
export type NoiseConfig = z.output<typeof noiseConfig>;

function betasOf(config: NoiseConfig): number[] {
  const { num_train_timesteps: n, beta_start: start, beta_end: end } = config;
  if (config.trained_betas) return config.trained_betas;
  const between = (a: number, b: number): number[] =>
    Array.from({ length: n }, (_, t) => a + ((b - a) * t) / (n - 1));
  switch (config.beta_schedule) {
    case 'linear':
      return between(start, end);
    case 'scaled_linear':
      return between(Math.sqrt(start), Math.sqrt(end)).map((root) => root * root);
    case 'squaredcos_cap_v2': {
      const bar = (t: number): number => Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
      return Array.from({ length: n }, (_, t) =>
        Math.min(1 - bar((t + 1) / n) / bar(t / n), 0.999),
      );
    }
  }
}

/** alpha-bar at every training step: the share of the sample that is left under the noise. */
export function alphasCumprod(config: NoiseConfig): number[] {
  let product = 1;
  const alphas = betasOf(config).map((beta) => (product *= 1 - beta));
  return config.rescale_betas_zero_snr ? zeroTerminalSnr(alphas) : alphas;
}

/** Shifts and scales sqrt(alpha-bar) so that nothing of the sample is left at the end (arXiv 2305.08891, algorithm 1). */
function zeroTerminalSnr(alphas: readonly number[]): number[] {
  const roots = alphas.map(Math.sqrt);
  const first = roots[0];
  const last = roots.at(-1)!;
  return roots.map((root) => (((root - last) * first) / (first - last)) ** 2);
}

/** Python's and numpy's rounding: halves to even. */
function rint(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x);
}

/** The training steps that `steps` sampling steps visit, the noisiest first. */
export function spacedTimesteps(config: NoiseConfig, steps: number, round: boolean): number[] {
  const { num_train_timesteps: n, steps_offset: offset } = config;
  if (!Number.isInteger(steps) || steps < 1 || steps > n) {
    throw new ModelLockError('usage', `${steps} denoising steps`, { valid: [`1 to ${n}`] });
  }
  const whole = round ? rint : (x: number): number => x;
  switch (config.timestep_spacing) {
    case 'linspace': {
      const gap = steps === 1 ? 0 : (n - 1) / (steps - 1);
      return Array.from({ length: steps }, (_, i) => whole(i * gap)).reverse();
    }
    case 'leading': {
      const ratio = Math.floor(n / steps);
      return Array.from({ length: steps }, (_, i) => i * ratio + offset).reverse();
    }
    case 'trailing':
      return Array.from({ length: steps }, (_, i) => rint(n - (i * n) / steps) - 1);
  }
}

/** sigma = sqrt((1 - alpha-bar) / alpha-bar), the noise level beside a sample of full size. */
export const sigmaOf = (alpha: number): number => Math.sqrt((1 - alpha) / alpha);

/** Values of a table at places between its entries, as numpy's `interp` gives them. */
export function interpolate(place: number, table: readonly number[]): number {
  const low = Math.min(Math.max(Math.floor(place), 0), table.length - 1);
  const high = Math.min(low + 1, table.length - 1);
  return table[low] + (table[high] - table[low]) * (Math.max(place, 0) - low);
}

/** The clean sample in terms of sigma: x = x0 + sigma epsilon. */
export const denoisedAtSigma: Record<
  NoiseConfig['prediction_type'],
  (output: Latents, x: Latents, sigma: number) => Latents
> = {
  epsilon: (output, x, sigma) => combine([1, x], [-sigma, output]),
  v_prediction: (output, x, sigma) =>
    combine([-sigma / Math.sqrt(sigma ** 2 + 1), output], [1 / (sigma ** 2 + 1), x]),
  sample: (output) => output,
};

/** The clean sample and the noise in terms of alpha-bar: x = sqrt(a) x0 + sqrt(1 - a) epsilon. */
export const denoisedAtAlpha: Record<
  NoiseConfig['prediction_type'],
  (output: Latents, x: Latents, alpha: number) => { x0: Latents; epsilon: Latents }
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
