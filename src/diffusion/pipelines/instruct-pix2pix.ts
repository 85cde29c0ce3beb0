import type { Tensor } from '../../tensor/tensor.ts';
import type { Components } from '../components.ts';
import { conditioned, editGuided, isGuided } from '../denoiser.ts';
import { decodeLatents, encodeMode } from '../latent-space.ts';
import { repeatBatch, scale } from '../latents.ts';
import { networkOf } from '../network.ts';
import { sample } from '../sample.ts';
import { repeatText } from '../text-states.ts';
import { batchOf, type TextRun } from './text-run.ts';

export interface EditRun extends TextRun {
  /** [1 or B, 3, H, W] in [-1, 1]; sides are multiples of the autoencoder's factor. */
  readonly images: Tensor<'float32'>;
  /** s_I, the strength of guidance by the image; below 1 there is none at all. */
  readonly imageGuidance: number;
}

/**
 * InstructPix2Pix (arXiv 2211.09800) as diffusers' StableDiffusionInstructPix2PixPipeline runs it:
 * the image's latents are the mode of their distribution and are not scaled.
 *
 * @returns the edited images, [B, 3, H, W], in [-1, 1] but for overshoot.
 */
export async function instructPix2Pix(
  components: Components,
  run: EditRun,
): Promise<Tensor<'float32'>> {
  const batch = batchOf(run, run.images);
  const image = repeatBatch(await encodeMode(components, run.images), batch);
  const network = networkOf(components, run.guidance);
  const condition = { text: repeatText(run.text, batch), channels: image };
  const strengths = { text: run.guidance, image: run.imageGuidance };
  const denoise =
    run.noText && isGuided(strengths)
      ? editGuided(network, condition, repeatText(run.noText, batch), strengths)
      : conditioned(network, condition);

  const sampling = components.scheduler.sampling(run.steps);
  const start = scale(run.noise(image.shape), sampling.initNoiseSigma);
  return decodeLatents(components, await sample(start, { ...run, sampling, denoise }));
}
