import { ModelLockError } from '../../base/error.ts';
import { linspace } from './betas.ts';

/** sigma = sqrt((1 - alpha-bar) / alpha-bar), the noise level beside a sample of full size. */
export const sigmaOf = (alpha: number): number => Math.sqrt((1 - alpha) / alpha);

/** Values of a table at places between its entries, as numpy's `interp` gives them. */
export function interpolate(place: number, table: readonly number[]): number {
  const low = Math.min(Math.max(Math.floor(place), 0), table.length - 1);
  const high = Math.min(low + 1, table.length - 1);
  return table[low] + (table[high] - table[low]) * (Math.max(place, 0) - low);
}

/** Noise levels from the largest to the smallest. */
type Spacing = (max: number, min: number, steps: number) => number[];

/** Karras et al., arXiv 2206.00364, equation 5. */
const karras: Spacing = (max, min, steps) => {
  const rho = 7;
  return linspace(max ** (1 / rho), min ** (1 / rho), steps).map((root) => root ** rho);
};

const exponential: Spacing = (max, min, steps) =>
  linspace(Math.log(max), Math.log(min), steps).map(Math.exp);

export interface SpacingOptions {
  readonly use_karras_sigmas: boolean;
  readonly use_exponential_sigmas: boolean;
  readonly use_beta_sigmas: boolean;
  /** Even steps of log sigma, under the name of DPM-Solver's paper. */
  readonly use_lu_lambdas?: boolean;
}

/** The spacing of noise levels that a configuration asks for; none is that of the time steps. */
export function spacingOf(options: SpacingOptions): Spacing | undefined {
  refuse(options, ['use_beta_sigmas']);
  if (options.use_karras_sigmas) return karras;
  return options.use_lu_lambdas || options.use_exponential_sigmas ? exponential : undefined;
}

/** Throws `unsupported` for an option that is on. */
export function refuse<K extends string>(
  options: Readonly<Record<K, boolean>>,
  names: readonly K[],
): void {
  for (const name of names) {
    if (options[name]) {
      throw new ModelLockError('unsupported', `scheduler option "${name}" is not supported`);
    }
  }
}

/**
 * The time step, a fraction perhaps, at which training has a noise level: the inverse of the table,
 * linear in its logarithm.
 *
 * @param logSigmas logarithms of the training steps' sigmas, growing.
 */
export function timestepOf(sigma: number, logSigmas: readonly number[]): number {
  const log = Math.log(Math.max(sigma, 1e-10));
  const above = logSigmas.findIndex((value) => value > log);
  const last = above < 0 ? logSigmas.length - 1 : above - 1;
  const low = Math.min(Math.max(last, 0), logSigmas.length - 2);
  const weight = (log - logSigmas[low]) / (logSigmas[low + 1] - logSigmas[low]);
  return low + Math.min(1, Math.max(0, weight));
}
