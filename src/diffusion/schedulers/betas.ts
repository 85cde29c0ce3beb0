import { ModelLockError } from '../../base/error.ts';
import type { NoiseConfig } from './config.ts';

/** `count` numbers from `start` to `end`, both included; one is `start`. */
export function linspace(start: number, end: number, count: number): number[] {
  const gap = count === 1 ? 0 : (end - start) / (count - 1);
  return Array.from({ length: count }, (_, i) => start + i * gap);
}

type Betas = (config: NoiseConfig) => number[];

/** The variance of the noise that each training step adds. */
const betaSchedules: Record<NoiseConfig['beta_schedule'], Betas> = {
  linear: ({ beta_start: start, beta_end: end, num_train_timesteps: n }) => linspace(start, end, n),
  scaled_linear: ({ beta_start: start, beta_end: end, num_train_timesteps: n }) =>
    linspace(Math.sqrt(start), Math.sqrt(end), n).map((root) => root * root),
  // Nichol and Dhariwal, arXiv 2102.09672, equation 17.
  squaredcos_cap_v2: fromAlphaBar((t) => Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2),
  exp: fromAlphaBar((t) => Math.exp(-12 * t)),
  sigmoid: ({ beta_start: start, beta_end: end, num_train_timesteps: n }) =>
    linspace(-6, 6, n).map((x) => start + (end - start) / (1 + Math.exp(-x))),
};

/** Betas by the share of the sample that is to be left at time t in [0, 1]. */
function fromAlphaBar(bar: (t: number) => number): Betas {
  return ({ num_train_timesteps: n }) =>
    Array.from({ length: n }, (_, t) => Math.min(1 - bar((t + 1) / n) / bar(t / n), 0.999));
}

/**
 * alpha-bar at every training step: the share of the sample that is left under the noise.
 *
 * Throws `corrupt` for trained betas of another number than there are training steps.
 */
export function alphasCumprod(config: NoiseConfig): number[] {
  const { trained_betas: trained, num_train_timesteps: n } = config;
  if (trained && trained.length !== n) {
    throw new ModelLockError('corrupt', `${trained.length} trained betas for ${n} training steps`);
  }
  let product = 1;
  const betas = trained ?? betaSchedules[config.beta_schedule](config);
  const alphas = betas.map((beta) => (product *= 1 - beta));
  return config.rescale_betas_zero_snr ? zeroTerminalSnr(alphas) : alphas;
}

/** The same for schedulers that divide by it: an infinite sigma would be of no use to them. */
export function positiveAlphasCumprod(config: NoiseConfig): number[] {
  const alphas = alphasCumprod(config);
  // The smallest float16, as in diffusers.
  return config.rescale_betas_zero_snr ? alphas.with(alphas.length - 1, 2 ** -24) : alphas;
}

/** Shifts and scales sqrt(alpha-bar) so that nothing of the sample is left at the end (arXiv 2305.08891, algorithm 1). */
function zeroTerminalSnr(alphas: readonly number[]): number[] {
  const roots = alphas.map(Math.sqrt);
  const first = roots[0];
  const last = roots.at(-1)!;
  return roots.map((root) => (((root - last) * first) / (first - last)) ** 2);
}
