import { ModelLockError } from '../../base/error.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Components } from '../components.ts';
import { decodeLatents } from '../latent-space.ts';
import { scale } from '../latents.ts';
import { sample } from '../sample.ts';
import { textDenoiser, type TextRun } from './text-run.ts';

export interface TextToImageRun extends TextRun {
  /** Of the pictures, one for each prompt; multiples of the autoencoder's factor. */
  readonly height: number;
  readonly width: number;
}

/**
 * Stable Diffusion (arXiv 2112.10752) as diffusers' StableDiffusionPipeline runs it.
 *
 * @returns pictures, [B, 3, H, W], in [-1, 1] but for overshoot. Throws `usage` for sides that are no
 * multiples of the autoencoder's factor.
 */
export async function textToImage(
  components: Components,
  run: TextToImageRun,
): Promise<Tensor<'float32'>> {
  const { factor, channels } = components.autoencoder;
  if (run.height % factor !== 0 || run.width % factor !== 0) {
    throw new ModelLockError('usage', `a picture of ${run.width}x${run.height} pixels`, {
      valid: [`multiples of ${factor}`],
    });
  }
  const [batch] = run.text.states.shape;
  const noise = run.noise([batch, channels, run.height / factor, run.width / factor]);
  const sampling = components.scheduler.sampling(run.steps);
  const denoise = textDenoiser(components, run, batch);
  const start = scale(noise, sampling.initNoiseSigma);
  return decodeLatents(components, await sample(start, { ...run, sampling, denoise }));
}
