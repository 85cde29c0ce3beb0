import { breathe, throwIfAborted } from '../base/job.ts';
import type { Denoiser } from './denoiser.ts';
import type { Latents } from './latents.ts';
import { nothing, type Memory, type Sampling } from './schedulers/scheduler.ts';

/** Fresh standard normal noise at each call. */
export type NoiseSource = (shape: readonly number[]) => Latents;

/** What those who wait for a picture are told, and how they stop it. */
export interface SampleJob {
  readonly signal?: AbortSignal;
  /** Hears of the latents after each call of the network, counted from 0. */
  readonly onStep?: (step: number, latents: Latents) => void;
}

export interface SampleOptions extends SampleJob {
  readonly sampling: Sampling;
  readonly denoise: Denoiser;
  readonly noise: NoiseSource;
  /**
   * What is made of the latents after each call.
   *
   * @param timestep whose noise they have; undefined at the end, where they have none.
   */
  readonly corrected?: (x: Latents, timestep: number | undefined) => Latents;
}

/** The sampling loop of all pipelines: from latents at the first noise level to clean ones. */
export async function sample(start: Latents, options: SampleOptions): Promise<Latents> {
  const { sampling, denoise, noise, corrected = (x) => x, signal, onStep } = options;
  let memory: Memory | undefined = nothing;
  let x = start;
  for (const [i, timestep] of sampling.timesteps.entries()) {
    throwIfAborted(signal);
    const output = await denoise(sampling.scaleInput(x, i), timestep);
    const step = sampling.step(output, i, x, () => noise(start.shape), memory);
    x = corrected(step.previous, sampling.timesteps[i + 1]);
    memory = step.memory;
    onStep?.(i, x);
    await breathe();
  }
  return x;
}
