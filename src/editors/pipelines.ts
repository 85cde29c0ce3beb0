import type { KeyKind } from '../key/kind.ts';
import type { DiffusionMethod } from './diffusion/method.ts';
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

/** What pipelines can do as editors, by the name of their class in diffusers. */
export const pipelineMethods = {
  StableDiffusionInstructPix2PixPipeline: { style: instructPix2PixMethod },
  StableDiffusionInpaintPipeline: { object: inpaintMethod },
  StableDiffusionPipeline: stableDiffusion,
  StableDiffusionImg2ImgPipeline: stableDiffusion,
  LatentConsistencyModelPipeline: latentConsistency,
  LatentConsistencyModelImg2ImgPipeline: latentConsistency,
} as const satisfies Record<string, PipelineMethods>;
