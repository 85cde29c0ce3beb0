import { ModelLockError } from '../../base/error.ts';
import { tensor, type Tensor } from '../../tensor/tensor.ts';
import type { Components } from '../components.ts';
import { decodeLatents, encodeSample } from '../latent-space.ts';
import { blend, joinChannels, repeatBatch, scale, type Latents } from '../latents.ts';
import { sample } from '../sample.ts';
import { fromMiddle } from '../schedulers/from-middle.ts';
import type { ImageToImageRun } from './image-to-image.ts';
import { batchOf, textDenoiser } from './text-run.ts';

export interface InpaintRun extends ImageToImageRun {
  /** One for each image, [1 or B, 1, H, W]: 1 where the image is painted anew, 0 where it stays. */
  readonly mask: Tensor<'float32'>;
}

/**
 * Inpainting as diffusers' StableDiffusionInpaintPipeline runs it. A network made for it (arXiv
 * 2112.10752, section 4.5) is shown the mask and what it leaves of the image. With a plain one,
 * the image is pasted outside the mask after each step, under as much noise as there is left
 * (blended latent diffusion, arXiv 2206.02779).
 *
 * @returns the images, [B, 3, H, W], in [-1, 1] but for overshoot. Throws `unsupported` for networks of
 * other inputs, `usage` where `strength` leaves no step.
 */
export async function inpaint(components: Components, run: InpaintRun): Promise<Tensor<'float32'>> {
  const { autoencoder, scheduler } = components;
  const { images, strength } = run;
  const isShown = seesMask(components);
  const sampling = fromMiddle(scheduler, run.steps, strength);
  const [, , height, width] = images.shape;
  const batch = batchOf(run, images);
  const { factor, channels } = autoencoder;

  // Every draw of diffusers is made, needed or not, so that the same noise gives the same pictures.
  const encode = async (shown: Tensor<'float32'>): Promise<Latents> =>
    repeatBatch(await encodeSample(components, shown, run.noise), batch);
  const image = isShown && strength === 1 ? undefined : await encode(images);
  const noise = run.noise([batch, channels, height / factor, width / factor]);
  const rest = await encode(masked(images, run.mask));
  const mask = repeatBatch(smaller(run.mask, factor), batch);

  const start =
    strength === 1
      ? scale(noise, sampling.initNoiseSigma)
      : sampling.addNoise(image!, noise, sampling.timesteps[0]);
  const paste = (x: Latents, timestep: number | undefined): Latents =>
    blend(mask, x, timestep === undefined ? image! : sampling.addNoise(image!, noise, timestep));
  const latents = await sample(start, {
    ...run,
    sampling,
    denoise: textDenoiser(components, run, batch, isShown ? joinChannels(mask, rest) : undefined),
    corrected: isShown ? undefined : paste,
  });
  return decodeLatents(components, latents);
}

/** Whether the network has inputs for a mask and an image. */
function seesMask({ autoencoder: { channels }, unetConfig }: Components): boolean {
  const valid = [channels, channels + 1 + channels];
  if (valid.includes(unetConfig.in_channels)) return unetConfig.in_channels === valid[1];
  throw new ModelLockError(
    'unsupported',
    `inpainting with a U-Net of ${unetConfig.in_channels} input channels`,
    { valid },
  );
}

/** The images, grey (0) where they are to be painted anew. */
function masked(images: Tensor<'float32'>, mask: Tensor<'float32'>): Tensor<'float32'> {
  const hole = tensor('float32', images.shape, new Float32Array(images.data.length));
  return blend(repeatBatch(mask, images.shape[0]), hole, images);
}

/** A mask at the size of the latents: the first pixel of each. */
function smaller({ shape, data }: Tensor<'float32'>, factor: number): Latents {
  const [batch, , height, width] = shape;
  const [rows, columns] = [height / factor, width / factor];
  const values = Float32Array.from({ length: batch * rows * columns }, (_, i) => {
    const [line, column] = [Math.floor(i / columns), i % columns];
    return data[line * factor * width + column * factor];
  });
  return tensor('float32', [batch, 1, rows, columns], values);
}
