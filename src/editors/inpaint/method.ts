import { imagesOf } from '../../diffusion/image-processor.ts';
import { inpaint } from '../../diffusion/pipelines/inpaint.ts';
import { stepsTaken } from '../../diffusion/schedulers/from-middle.ts';
import type { EditOptions } from '../editor.ts';
import type { DiffusionMethod } from '../diffusion/method.ts';
import { objectBox } from './mask.ts';
import { masksOf, pasted } from './paint.ts';

/**
 * Settings of Stable Diffusion's pipelines for object keys; size, guidance and strength are
 * diffusers'. The object is there as a whole: it covers background, so that a half transparent one
 * would gain nothing, and of a fifth of the picture half the change is little to be told by.
 */
const defaults: EditOptions = {
  steps: 20,
  guidance: 7.5,
  imageGuidance: 1,
  size: 512,
  alpha: 1,
  seed: 1024,
  batch: 8,
  strength: 1,
};

/**
 * Object keys: the prompted object is painted into a box of the background, by a network made for
 * inpainting, or with a plain one by blending latents. Nothing else of the picture changes.
 */
export const inpaintMethod: DiffusionMethod = {
  defaults,
  has: ['strength'],
  unetChannels: (latents) => [latents, latents + 1 + latents],
  check: (_, { steps, strength = 1 }) => void stepsTaken(steps, strength),
  boxOf: objectBox,
  run: async (components, batch) => {
    const { factor } = components.autoencoder;
    const [, , height, width] = batch.images.shape;
    const boxes = batch.pictures.map((picture) => objectBox(picture, factor));
    const mask = masksOf(boxes, { width, height });
    const painted = imagesOf(await inpaint(components, { ...batch, mask }));
    return batch.pictures.map((picture, i) => pasted(picture, painted[i], boxes[i], factor / 2));
  },
};

/** The same with a latent consistency model (arXiv 2310.04378), which needs fewer steps. */
export const latentConsistencyInpaintMethod: DiffusionMethod = {
  ...inpaintMethod,
  defaults: { ...defaults, steps: 4, guidance: 8.5 },
};
