import type { Latents } from '../latents.ts';

/** A sampler's way from noise to a picture, in the symbols of the papers and names of diffusers. */
export interface Sampling {
  /** When the network is called, in order. */
  readonly timesteps: readonly number[];
  /** Noise levels, one more than time steps, where the scheduler works with them. */
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
   */
  step(output: Latents, i: number, x: Latents, noise: () => Latents): Step;
  /** Noise at time step `timestep` added to a clean sample. */
  addNoise(clean: Latents, noise: Latents, timestep: number): Latents;
}

export interface Step {
  readonly previous: Latents;
  /** The sample as the network sees it now. */
  readonly denoised: Latents;
}

/** Samplings by their number of steps. A scheduler has no state of its own. */
export interface Scheduler {
  sampling(steps: number): Sampling;
}
