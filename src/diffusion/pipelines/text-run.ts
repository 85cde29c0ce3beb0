import type { Tensor } from '../../tensor/tensor.ts';
import type { Components } from '../components.ts';
import { conditioned, textGuided, type Denoiser } from '../denoiser.ts';
import type { Latents } from '../latents.ts';
import { isDistilled, networkOf } from '../network.ts';
import type { NoiseSource, SampleJob } from '../sample.ts';
import { repeatText, type TextStates } from '../text-states.ts';

/** What every pipeline is given. */
export interface TextRun extends SampleJob {
  /** The prompts, one or B. */
  readonly text: TextStates;
  /** The empty or negative prompts. Without them nothing is guided. */
  readonly noText?: TextStates;
  readonly steps: number;
  /** Strength of guidance by the text; 1 is none. */
  readonly guidance: number;
  /** All noise in the order in which diffusers draws it. */
  readonly noise: NoiseSource;
}

/** Pictures that come of some prompts and images: one of either may serve several of the other. */
export function batchOf({ text }: TextRun, images: Tensor<'float32'>): number {
  return Math.max(text.states.shape[0], images.shape[0]);
}

/**
 * The denoiser of a run whose only guide is the text.
 *
 * @param batch pictures to be made.
 * @param channels further ones of the network's input.
 */
export function textDenoiser(
  components: Components,
  { text, noText, guidance }: TextRun,
  batch: number,
  channels?: Latents,
): Denoiser {
  const network = networkOf(components, guidance);
  const condition = { text: repeatText(text, batch), channels };
  return noText && guidance > 1 && !isDistilled(components)
    ? textGuided(network, condition, repeatText(noText, batch), guidance)
    : conditioned(network, condition);
}
