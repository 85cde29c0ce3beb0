import { ModelLockError } from '../../base/error.ts';
import { roundHalfEven } from '../../base/numeric.ts';
import type { Latents } from '../latents.ts';
import { positiveAlphasCumprod } from './betas.ts';
import type { NoiseConfig } from './config.ts';
import { noised } from './predictions.ts';
import { interpolate, sigmaOf, spacingOf, timestepOf, type SpacingOptions } from './sigmas.ts';
import { callAt, solverTimesteps } from './timesteps.ts';

/** A noise level as exponential integrators use it: x = alpha x0 + sigma epsilon, alpha^2 + sigma^2 = 1. */
export interface Level {
  readonly alpha: number;
  readonly sigma: number;
  /** log(alpha / sigma), half the logarithm of the signal-to-noise ratio; infinite at the sample itself. */
  readonly lambda: number;
}

interface LevelOptions extends SpacingOptions {
  readonly final_sigmas_type: 'zero' | 'sigma_min';
  /** Bounds of the noise levels, if not those of training. */
  readonly sigma_min?: number | null | undefined;
  readonly sigma_max?: number | null | undefined;
}

/** The way of a multistep solver from the noisiest level down. */
export interface SolverLevels {
  readonly timesteps: readonly number[];
  /** sigma / alpha before each call and after the last. */
  readonly sigmas: readonly number[];
  readonly levels: readonly Level[];
  addNoise(clean: Latents, noise: Latents, timestep: number): Latents;
}

/**
 * Throws `usage` for so many steps that two of them fall on one level.
 *
 * @param end training steps in use, from the least noisy on.
 * @param whole makes a whole time step of one between two.
 */
export function solverLevels(
  config: NoiseConfig & LevelOptions,
  steps: number,
  end = config.num_train_timesteps,
  whole: (timestep: number) => number = roundHalfEven,
): SolverLevels {
  const table = positiveAlphasCumprod(config).map(sigmaOf);
  const spacing = spacingOf(config);
  const spaced = solverTimesteps(config, steps, end);
  const chosen = spacing
    ? spacing(config.sigma_max ?? table.at(-1)!, config.sigma_min ?? table[0], steps)
    : spaced.map((t) => interpolate(t, table));
  if (chosen.some((sigma, i) => i > 0 && !(sigma < chosen[i - 1]))) {
    throw new ModelLockError(
      'usage',
      `${steps} denoising steps are more than the ${end} training steps in use can tell apart`,
      { valid: ['fewer'] },
    );
  }
  const logs = table.map(Math.log);
  const timesteps = spacing ? chosen.map((sigma) => whole(timestepOf(sigma, logs))) : spaced;
  const sigmas = [...chosen, config.final_sigmas_type === 'zero' ? 0 : table[0]];
  return {
    timesteps,
    sigmas,
    levels: sigmas.map(levelOf),
    addNoise: (clean, noise, timestep) =>
      noised(clean, noise, 1 / (1 + sigmas[callAt(timesteps, timestep)] ** 2)),
  };
}

function levelOf(ratio: number): Level {
  const alpha = 1 / Math.hypot(1, ratio);
  return { alpha, sigma: ratio * alpha, lambda: -Math.log(ratio) };
}

/**
 * Whether a step is as long as orders above the first need it: that to the sample itself is infinite,
 * and one to its own level leads nowhere.
 */
export function hasLength(s: Level, t: Level): boolean {
  return Number.isFinite(t.lambda - s.lambda) && t.lambda !== s.lambda;
}
