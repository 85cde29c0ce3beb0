import { ModelLockError } from '../../base/error.ts';
import type { Latents } from '../latents.ts';

/** A sampler's way from noise to a picture, in the symbols of the papers and names of diffusers. */
export interface Sampling {
  /** When the network is called, in order. */
  readonly timesteps: readonly number[];
  /** Noise levels before each call and after the last, where the scheduler works with them. */
  readonly sigmas?: readonly number[];
  /** What standard normal noise is multiplied with to begin. */
  readonly initNoiseSigma: number;
  /** x as the network wants it before call i. */
  scaleInput(x: Latents, i: number): Latents;
  /**
   * x after call i.
   *
   * @param output what the network predicted.
   * @param noise gives fresh standard normal noise, for the schedulers that add some.
   * @param memory of the step before. Multistep schedulers cannot do without it; a way that begins
   * in the middle gives `nothing`, which is also what the first call has.
   */
  step(output: Latents, i: number, x: Latents, noise: () => Latents, memory?: Memory): Step;
  /** Noise at time step `timestep` added to a clean sample. */
  addNoise(clean: Latents, noise: Latents, timestep: number): Latents;
}

export interface Step {
  readonly previous: Latents;
  /** The sample as the network sees it now; may be computed when it is read. */
  readonly denoised: Latents;
  /** To be handed to the next step. */
  readonly memory?: Memory;
}

/** What multistep schedulers remember of earlier calls; of no meaning to others. */
export interface Memory {
  /** Steps taken. */
  readonly calls: number;
  /** Outputs of the network, or what was made of them, the latest last. */
  readonly outputs: readonly Latents[];
  /** A sample from which a later call goes on. */
  readonly sample?: Latents;
}

/** The memory with which a way begins. */
export const nothing: Memory = { calls: 0, outputs: [] };

/** Samplings by their number of steps. A scheduler has no state of its own. */
export interface Scheduler {
  /** Calls of the network for a step, where there are several. Default: 1. */
  readonly callsPerStep?: number;
  sampling(steps: number): Sampling;
  /** Of latent consistency models: the same with its steps in the last `strength`, in (0, 1], of the way. */
  readonly upTo?: (strength: number) => Scheduler;
}

/** The memory of a multistep scheduler. Throws `unsupported` where its caller has lost it. */
export function remembered(memory: Memory | undefined, i: number): Memory {
  if (memory) return memory;
  if (i === 0) return nothing;
  throw new ModelLockError(
    'unsupported',
    'a scheduler of several steps runs in a pipeline that keeps no memory between steps',
  );
}
