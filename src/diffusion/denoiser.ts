import { combine, joinChannels, type Latents } from './latents.ts';
import { zeros, type Tensor } from '../tensor/tensor.ts';

/**
 * Predicts, from noisy latents x_t [B, C, H, W] scaled as the scheduler wants them and the time
 * step t, what the scheduler's `prediction_type` says: the noise epsilon, v, or the sample itself.
 */
export type Denoiser = (x: Latents, timestep: number) => Promise<Latents>;

/** A network that predicts under a text, token embeddings [1 or B, L, D]. */
export type TextDenoiser = (
  x: Latents,
  timestep: number,
  text: Tensor<'float32'>,
) => Promise<Latents>;

/** What an InstructPix2Pix network is told: c_T, the text, and c_I, the latents of the image. */
export interface EditCondition {
  readonly text: Tensor<'float32'>;
  readonly image: Latents;
}

/** The network under one condition: image latents join the noisy ones as further channels. */
export function conditioned(network: TextDenoiser, { text, image }: EditCondition): Denoiser {
  return (x, timestep) => network(joinChannels(x, image), timestep, text);
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
 *   e(z, c_I, c_T) = e(z, 0, 0) + s_I (e(z, c_I, 0) - e(z, 0, 0)) + s_T (e(z, c_I, c_T) - e(z, c_I, 0))
 *
 * Three runs of the network at the same batch size, so that one session serves them all.
 *
 * @param noText embeddings of the empty (or negative) prompt.
 */
export function editGuided(
  network: TextDenoiser,
  condition: EditCondition,
  noText: Tensor<'float32'>,
  guidance: EditGuidance,
): Denoiser {
  const noImage = zeros('float32', condition.image.shape);
  const withText = conditioned(network, condition);
  const withImage = conditioned(network, { text: noText, image: condition.image });
  const without = conditioned(network, { text: noText, image: noImage });
  return async (x, timestep) => {
    const text = await withText(x, timestep);
    const image = await withImage(x, timestep);
    const none = await without(x, timestep);
    return combine(
      [1 - guidance.image, none],
      [guidance.image - guidance.text, image],
      [guidance.text, text],
    );
  };
}
