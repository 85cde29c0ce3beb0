import { ModelLockError } from '../../base/error.ts';
import { roundHalfEven } from '../../base/numeric.ts';
import { linspace } from './betas.ts';
import type { NoiseConfig } from './config.ts';

/** Throws `usage` for a number of steps that cannot be spread over the training steps. */
export function requireSteps(steps: number, most: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) return;
  throw new ModelLockError('usage', `${steps} denoising steps`, { valid: [`1 to ${most}`] });
}

type Spaced = (config: NoiseConfig, steps: number) => number[];

/** The training steps that `steps` sampling steps visit, the noisiest first (arXiv 2305.08891, table 2). */
const spacings: Record<NoiseConfig['timestep_spacing'], Spaced> = {
  linspace: ({ num_train_timesteps: n }, steps) => linspace(0, n - 1, steps).reverse(),
  leading: ({ num_train_timesteps: n, steps_offset: offset }, steps) =>
    Array.from({ length: steps }, (_, i) => i * Math.floor(n / steps) + offset).reverse(),
  trailing: ({ num_train_timesteps: n }, steps) =>
    Array.from({ length: steps }, (_, i) => roundHalfEven(n - (i * n) / steps) - 1),
};

/** Time steps of schedulers that work in sigmas; they need not be whole numbers. */
export function spacedTimesteps(config: NoiseConfig, steps: number): number[] {
  requireSteps(steps, config.num_train_timesteps);
  return spacings[config.timestep_spacing](config, steps);
}

/** Time steps as places in a table of alpha-bar. */
export function wholeTimesteps(config: NoiseConfig, steps: number): number[] {
  const timesteps = spacedTimesteps(config, steps).map(roundHalfEven);
  const { num_train_timesteps: n, steps_offset: offset } = config;
  if (timesteps[0] < n) return timesteps;
  throw new ModelLockError(
    'usage',
    `${steps} denoising steps with an offset of ${offset} go beyond the ${n} training steps`,
  );
}

/**
 * Time steps of multistep solvers, which space one more step than they take: the last lies at
 * the sample itself.
 *
 * @param end training steps that are in use; the noisiest may be left out.
 */
export function solverTimesteps(config: NoiseConfig, steps: number, end: number): number[] {
  const { num_train_timesteps: n, steps_offset: offset } = config;
  requireSteps(steps, n);
  const solverSpacings: Record<NoiseConfig['timestep_spacing'], () => number[]> = {
    linspace: () =>
      linspace(0, end - 1, steps + 1)
        .map(roundHalfEven)
        .reverse()
        .slice(0, -1),
    leading: () => {
      const ratio = Math.floor(end / (steps + 1));
      return Array.from({ length: steps }, (_, i) => (steps - i) * ratio + offset);
    },
    trailing: () =>
      Array.from(
        { length: Math.ceil(end / (n / steps)) },
        (_, i) => roundHalfEven(end - (i * n) / steps) - 1,
      ),
  };
  return solverSpacings[config.timestep_spacing]();
}

/**
 * The call that is made at a time step, or nearest to it. Of several at one time step it is the
 * second, as in diffusers, so that a way begun in the middle leaves out no noise level.
 */
export function callAt(timesteps: readonly number[], timestep: number): number {
  const distances = timesteps.map((t) => Math.abs(t - timestep));
  const nearest = Math.min(...distances);
  const first = distances.indexOf(nearest);
  const second = distances.indexOf(nearest, first + 1);
  return second < 0 ? first : second;
}
