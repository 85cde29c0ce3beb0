import { combine, scale, type Latents } from '../latents.ts';
import { linspace, positiveAlphasCumprod } from './betas.ts';
import type { NoiseConfig } from './config.ts';
import type { Sampling } from './scheduler.ts';
import { interpolate, sigmaOf, spacingOf, timestepOf, type SpacingOptions } from './sigmas.ts';
import { callAt, spacedTimesteps } from './timesteps.ts';

/** How noise levels are chosen. Schedulers know only some of these options. */
export interface LevelOptions extends Partial<SpacingOptions> {
  readonly interpolation_type?: 'linear' | 'log_linear';
  readonly timestep_type?: 'discrete' | 'continuous';
  readonly final_sigmas_type?: 'zero' | 'sigma_min';
  /** The smallest and the largest noise level, if not those of the time steps. */
  readonly sigma_min?: number | null | undefined;
  readonly sigma_max?: number | null | undefined;
}

/** A way in steps of sigma, where x = x0 + sigma epsilon, from the noisiest level down. */
export interface SigmaLevels {
  readonly timesteps: readonly number[];
  /** One more than time steps: the last is what remains at the end. */
  readonly sigmas: readonly number[];
  readonly initNoiseSigma: number;
  readonly addNoise: Sampling['addNoise'];
}

export function sigmaLevels(config: NoiseConfig & LevelOptions, steps: number): SigmaLevels {
  const table = positiveAlphasCumprod(config).map(sigmaOf);
  const { timesteps, levels } = levelsOf(config, steps, table);
  const sigmas = [...levels, config.final_sigmas_type === 'sigma_min' ? table[0] : 0];
  const largest = Math.max(...sigmas);
  return {
    timesteps,
    sigmas,
    initNoiseSigma: config.timestep_spacing === 'leading' ? Math.hypot(largest, 1) : largest,
    addNoise: (clean, noise, timestep) =>
      combine([1, clean], [sigmas[callAt(timesteps, timestep)], noise]),
  };
}

function levelsOf(
  config: NoiseConfig & LevelOptions,
  steps: number,
  table: readonly number[],
): { timesteps: number[]; levels: number[] } {
  const spaced = spacedTimesteps(config, steps);
  const levels =
    config.interpolation_type === 'log_linear'
      ? // One level more than there are steps, as diffusers has it.
        linspace(Math.log(table.at(-1)!), Math.log(table[0]), steps + 1).map(Math.exp)
      : spaced.map((t) => interpolate(t, table));
  const spacing = spacingOf({
    use_karras_sigmas: config.use_karras_sigmas ?? false,
    use_exponential_sigmas: config.use_exponential_sigmas ?? false,
    use_beta_sigmas: config.use_beta_sigmas ?? false,
  });
  if (!spacing) return { timesteps: timed(spaced, levels, config), levels };
  const chosen = spacing(config.sigma_max ?? levels[0], config.sigma_min ?? levels.at(-1)!, steps);
  const logs = table.map(Math.log);
  return {
    timesteps: timed(
      chosen.map((sigma) => timestepOf(sigma, logs)),
      chosen,
      config,
    ),
    levels: chosen,
  };
}

/** Networks of EDM are told the noise level instead of a time step (arXiv 2206.00364, table 1). */
function timed(
  timesteps: number[],
  levels: readonly number[],
  { timestep_type: type, prediction_type: prediction }: NoiseConfig & LevelOptions,
): number[] {
  if (type !== 'continuous' || prediction !== 'v_prediction') return timesteps;
  return levels.map((sigma) => 0.25 * Math.log(sigma));
}

/** Scales x = x0 + sigma epsilon to unit variance. */
export const toUnitVariance = (x: Latents, sigma: number): Latents =>
  scale(x, 1 / Math.hypot(sigma, 1));
