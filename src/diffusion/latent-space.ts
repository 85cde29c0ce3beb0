import { tensor, type Tensor } from '../tensor/tensor.ts';
import type { BatchShape, Components } from './components.ts';
import { scale, type Latents } from './latents.ts';
import type { NoiseSource } from './sample.ts';

/** Pictures, [B, 3, H, W] in [-1, 1], to latents and back. */

/** The mode of the latents' distribution, not scaled: how InstructPix2Pix sees a picture. */
export async function encodeMode(
  { encoder }: Pick<Components, 'encoder'>,
  images: Tensor<'float32'>,
): Promise<Latents> {
  const { mean } = await encoder.run(batchShape(images), { image: images });
  return mean as Latents;
}

/** A sample of the latents' distribution, scaled for the U-Net. One that is a point draws no noise. */
export async function encodeSample(
  { encoder, autoencoder }: Pick<Components, 'encoder' | 'autoencoder'>,
  images: Tensor<'float32'>,
  noise: NoiseSource,
): Promise<Latents> {
  const { mean, logvar } = (await encoder.run(batchShape(images), { image: images })) as {
    mean: Latents;
    logvar?: Latents;
  };
  if (!logvar) return scale(mean, autoencoder.scaling);
  return scale(sampleOf(mean, logvar, noise(mean.shape)), autoencoder.scaling);
}

/** mu + sigma z, where logvar is log sigma^2 and z standard normal noise; all [B, C, H, W]. */
export function sampleOf(mean: Latents, logvar: Latents, z: Latents): Latents {
  const data = mean.data.map((mu, i) => mu + Math.exp(logvar.data[i] / 2) * z.data[i]);
  return tensor('float32', mean.shape, data);
}

/** The pictures of the U-Net's latents; they overshoot [-1, 1] a little. */
export async function decodeLatents(
  { decoder, autoencoder }: Pick<Components, 'decoder' | 'autoencoder'>,
  latents: Latents,
): Promise<Tensor<'float32'>> {
  const { image } = await decoder.run(batchShape(latents), {
    latents: scale(latents, 1 / autoencoder.scaling),
  });
  return image as Tensor<'float32'>;
}

export function batchShape({ shape: [batch, , height, width] }: Tensor): BatchShape {
  return [batch, height, width];
}
