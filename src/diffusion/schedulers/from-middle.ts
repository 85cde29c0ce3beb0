import { ModelLockError } from '../../base/error.ts';
import { nothing, type Sampling, type Scheduler } from './scheduler.ts';

/**
 * The end of a sampler's way, on which a noised picture becomes a clean one (SDEdit, arXiv
 * 2108.01073).
 *
 * @param strength the share of the steps that is taken, rounded down, in (0, 1].
 * @throws ModelLockError `usage` where no step is left.
 */
export function fromMiddle(scheduler: Scheduler, steps: number, strength: number): Sampling {
  const sampling = scheduler.sampling(steps);
  const first = (steps - stepsTaken(steps, strength)) * (scheduler.callsPerStep ?? 1);
  return {
    ...sampling,
    timesteps: sampling.timesteps.slice(first),
    ...(sampling.sigmas ? { sigmas: sampling.sigmas.slice(first) } : {}),
    scaleInput: (x, i) => sampling.scaleInput(x, first + i),
    step: (output, i, x, noise, memory) =>
      sampling.step(output, first + i, x, noise, i === 0 ? nothing : memory),
  };
}

/** How many of `steps` are left at a strength. Throws `usage` where none is. */
export function stepsTaken(steps: number, strength: number): number {
  const taken = Math.trunc(steps * strength);
  if (taken >= 1 && strength <= 1) return taken;
  throw new ModelLockError('usage', `strength ${strength} of ${steps} denoising steps`, {
    valid: [`1/${steps} to 1`],
  });
}
