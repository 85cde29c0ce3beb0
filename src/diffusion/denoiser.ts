import { zeros } from '../tensor/tensor.ts';
import { combine, joinBatches, joinChannels, splitBatch, type Latents } from './latents.ts';
import { joinTexts, type TextStates } from './text-states.ts';

/**
 * Predicts, from noisy latents x_t [B, C, H, W] scaled as the scheduler wants them and the time
 * step t, what the scheduler's `prediction_type` says: the noise epsilon, v, or the sample itself.
 */
export type Denoiser = (x: Latents, timestep: number) => Promise<Latents>;

/** A network that predicts under a text. */
export type TextDenoiser = (x: Latents, timestep: number, text: TextStates) => Promise<Latents>;

/** What a network is told beside the noisy latents. */
export interface Condition {
  /** c_T */
  readonly text: TextStates;
  /** Further channels of its input, [B, C', H, W]: an image to edit, say. */
  readonly channels?: Latents;
}

/** The network under one condition. */
export function conditioned(network: TextDenoiser, { text, channels }: Condition): Denoiser {
  return (x, timestep) => network(channels ? joinChannels(x, channels) : x, timestep, text);
}

/** The network under several conditions at once, as one batch: a prediction for each. */
function branches(
  network: TextDenoiser,
  conditions: readonly Condition[],
): (x: Latents, timestep: number) => Promise<Latents[]> {
  const channels = conditions.flatMap((condition) => condition.channels ?? []);
  const denoise = conditioned(network, {
    text: joinTexts(conditions.map(({ text }) => text)),
    ...(channels.length > 0 ? { channels: joinBatches(channels) } : {}),
  });
  return async (x, timestep) => {
    const xs = joinBatches(conditions.map(() => x));
    return splitBatch(await denoise(xs, timestep), conditions.length);
  };
}

/**
 * Classifier-free guidance (arXiv 2207.12598, equation 6, with s = 1 + w):
 *
 *   e(z, 0) + s (e(z, c_T) - e(z, 0))
 *
 * @param noText the empty (or negative) prompt.
 */
export function textGuided(
  network: TextDenoiser,
  condition: Condition,
  noText: TextStates,
  s: number,
): Denoiser {
  const predict = branches(network, [{ ...condition, text: noText }, condition]);
  return async (x, timestep) => {
    const [none, text] = await predict(x, timestep);
    return combine([1 - s, none], [s, text]);
  };
}

/** The strengths of guidance: s_T towards the text, s_I towards the image. */
export interface EditGuidance {
  readonly text: number;
  readonly image: number;
}

/** Guidance is off at a text scale of 1 or an image scale below 1, as in diffusers. */
export function isGuided({ text, image }: EditGuidance): boolean {
  return text > 1 && image >= 1;
}

/**
 * Classifier-free guidance by text and image (InstructPix2Pix, arXiv 2211.09800, equation 3):
 *
 *   e(z, 0, 0) + s_I (e(z, c_I, 0) - e(z, 0, 0)) + s_T (e(z, c_I, c_T) - e(z, c_I, 0))
 *
 * @param condition its channels are c_I, the latents of the image.
 */
export function editGuided(
  network: TextDenoiser,
  condition: Required<Condition>,
  noText: TextStates,
  guidance: EditGuidance,
): Denoiser {
  const noImage = zeros('float32', condition.channels.shape);
  const predict = branches(network, [
    condition,
    { ...condition, text: noText },
    { text: noText, channels: noImage },
  ]);
  return async (x, timestep) => {
    const [text, image, none] = await predict(x, timestep);
    return combine(
      [1 - guidance.image, none],
      [guidance.image - guidance.text, image],
      [guidance.text, text],
    );
  };
}
