import { tensor, type Tensor } from '../../tensor/tensor.ts';
import type { BatchShape, Components } from '../components.ts';
import { conditioned, editGuided, isGuided, type TextDenoiser } from '../denoiser.ts';
import { repeatBatch, scale, type Latents } from '../latents.ts';
import { sample, type NoiseSource, type SampleJob } from '../sample.ts';

/** One run of InstructPix2Pix over a batch. */
export interface EditRun extends SampleJob {
  /** [B, 3, H, W] in [-1, 1]; sides are multiples of the autoencoder's factor. */
  readonly images: Tensor<'float32'>;
  /** States of the prompt and of the empty one, [1 or B, T, D]; the second is for guidance only. */
  readonly text: Tensor<'float32'>;
  readonly noText?: Tensor<'float32'>;
  readonly steps: number;
  /** s_T; 1 is no guidance. */
  readonly guidance: number;
  /** s_I */
  readonly imageGuidance: number;
  /** Drawn from to begin with, then by each step that adds some. */
  readonly noise: NoiseSource;
}

/** States of a prompt, [1, T, D]. */
export async function embedPrompt(
  { tokenizer, textEncoder }: Components,
  prompt: string,
): Promise<Tensor<'float32'>> {
  const { ids } = tokenizer.encode(prompt);
  const { text } = await textEncoder.run([], { ids });
  return text as Tensor<'float32'>;
}

/**
 * InstructPix2Pix (arXiv 2211.09800) as diffusers' StableDiffusionInstructPix2PixPipeline runs it:
 * the image's latents are the mode of their distribution and are not scaled.
 *
 * @returns the edited images, [B, 3, H, W], in [-1, 1] but for overshoot.
 */
export async function instructPix2Pix(components: Components, run: EditRun): Promise<Latents> {
  const { encoder, decoder, autoencoder, scheduler } = components;
  const { images, guidance, imageGuidance } = run;
  const encoded = await encoder.run(shapeOf(images), { image: images });
  const image = encoded['latents'] as Latents;

  const sampling = scheduler.sampling(run.steps);
  const network = networkOf(components);
  const condition = { text: repeated(run.text, image.shape[0]), image };
  const strengths = { text: guidance, image: imageGuidance };
  const denoise =
    run.noText && isGuided(strengths)
      ? editGuided(network, condition, repeated(run.noText, image.shape[0]), strengths)
      : conditioned(network, condition);

  const start = scale(run.noise(image.shape), sampling.initNoiseSigma);
  const latents = await sample(start, { ...run, sampling, denoise });
  const decoded = await decoder.run(shapeOf(latents), {
    latents: scale(latents, 1 / autoencoder.scaling),
  });
  return decoded['image'] as Latents;
}

function networkOf({ unet }: Components): TextDenoiser {
  return async (sample, timestep, text) => {
    const { output } = await unet.run(shapeOf(sample), {
      sample,
      text,
      timestep: tensor('float32', [1], Float32Array.of(timestep)),
    });
    return output as Latents;
  };
}

function repeated(text: Tensor<'float32'>, batch: number): Tensor<'float32'> {
  return text.shape[0] === 1 ? repeatBatch(text, batch) : text;
}

function shapeOf({ shape: [batch, , height, width] }: Latents): BatchShape {
  return [batch, height, width];
}
