import type { Tensor } from '../../tensor/tensor.ts';
import type { Components } from '../components.ts';
import { decodeLatents, encodeSample } from '../latent-space.ts';
import { repeatBatch } from '../latents.ts';
import { sample } from '../sample.ts';
import { fromMiddle } from '../schedulers/from-middle.ts';
import { batchOf, textDenoiser, type TextRun } from './text-run.ts';

export interface ImageToImageRun extends TextRun {
  /** [1 or B, 3, H, W] in [-1, 1]; sides are multiples of the autoencoder's factor. */
  readonly images: Tensor<'float32'>;
  /** How much of the way from noise is gone, in (0, 1]: at 1 little of the image is left. */
  readonly strength: number;
}

/**
 * SDEdit (arXiv 2108.01073) as diffusers' StableDiffusionImg2ImgPipeline runs it: the image under
 * noise, denoised towards the text.
 *
 * @returns the edited images, [B, 3, H, W], in [-1, 1] but for overshoot.
 */
export async function imageToImage(
  components: Components,
  run: ImageToImageRun,
): Promise<Tensor<'float32'>> {
  const sampling = fromMiddle(components.scheduler, run.steps, run.strength);
  const batch = batchOf(run, run.images);
  const image = repeatBatch(await encodeSample(components, run.images, run.noise), batch);
  const start = sampling.addNoise(image, run.noise(image.shape), sampling.timesteps[0]);
  const denoise = textDenoiser(components, run, batch);
  return decodeLatents(components, await sample(start, { ...run, sampling, denoise }));
}
