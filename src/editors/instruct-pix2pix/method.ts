import { imagesOf } from '../../diffusion/image-processor.ts';
import { instructPix2Pix } from '../../diffusion/pipelines/instruct-pix2pix.ts';
import type { DiffusionMethod } from '../diffusion/method.ts';

/** Style keys by InstructPix2Pix, which is told in words what to change. */
export const instructPix2PixMethod: DiffusionMethod = {
  // The paper's (arXiv 2405.16285, section 4).
  defaults: {
    steps: 5,
    guidance: 4.5,
    imageGuidance: 1.5,
    size: 256,
    alpha: 0.5,
    seed: 1024,
    batch: 8,
  },
  has: ['imageGuidance'],
  unetChannels: (latents) => [2 * latents],
  run: async (components, batch) => imagesOf(await instructPix2Pix(components, batch)),
};
