import type { KeyKind } from '../key/kind.ts';
import type { DiffusionMethod } from './diffusion/method.ts';
import type { EditOptions } from './editor.ts';
import { imageToImageMethod, latentConsistencyMethod } from './image-to-image/method.ts';
import { inpaintMethod, latentConsistencyInpaintMethod } from './inpaint/method.ts';
import { instructPix2PixMethod } from './instruct-pix2pix/method.ts';

/** How a pipeline edits, by the kinds of keys that it can do; the first is what it does by itself. */
export type PipelineMethods = Readonly<Partial<Record<KeyKind, DiffusionMethod>>>;

const stableDiffusion: PipelineMethods = { style: imageToImageMethod, object: inpaintMethod };

const latentConsistency: PipelineMethods = {
  style: latentConsistencyMethod,
  object: latentConsistencyInpaintMethod,
};

/** Stable Diffusion XL was trained on pictures of 1024 pixels; its guidance is diffusers'. */
const stableDiffusionXl: PipelineMethods = {
  style: withDefaults(imageToImageMethod, { size: 1024, guidance: 5 }),
  object: withDefaults(inpaintMethod, { size: 1024, guidance: 7.5 }),
};

function withDefaults(method: DiffusionMethod, others: Partial<EditOptions>): DiffusionMethod {
  return { ...method, defaults: { ...method.defaults, ...others } };
}

/** What pipelines can do as editors, by the name of their class in diffusers. */
export const pipelineMethods = {
  StableDiffusionInstructPix2PixPipeline: { style: instructPix2PixMethod },
  StableDiffusionInpaintPipeline: { object: inpaintMethod },
  StableDiffusionPipeline: stableDiffusion,
  StableDiffusionImg2ImgPipeline: stableDiffusion,
  StableDiffusionXLInstructPix2PixPipeline: {
    // Of diffusers/sdxl-instructpix2pix-768, which was trained on pictures of that size.
    style: withDefaults(instructPix2PixMethod, { steps: 20, size: 768, guidance: 3 }),
  },
  StableDiffusionXLInpaintPipeline: { object: stableDiffusionXl.object },
  StableDiffusionXLPipeline: stableDiffusionXl,
  StableDiffusionXLImg2ImgPipeline: stableDiffusionXl,
  LatentConsistencyModelPipeline: latentConsistency,
  LatentConsistencyModelImg2ImgPipeline: latentConsistency,
} as const satisfies Record<string, PipelineMethods>;
