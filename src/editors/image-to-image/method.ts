import { ModelLockError } from '../../base/error.ts';
import type { Components } from '../../diffusion/components.ts';
import { imagesOf } from '../../diffusion/image-processor.ts';
import { imageToImage } from '../../diffusion/pipelines/image-to-image.ts';
import { stepsTaken } from '../../diffusion/schedulers/from-middle.ts';
import type { Scheduler } from '../../diffusion/schedulers/scheduler.ts';
import type { EditOptions } from '../editor.ts';
import type { DiffusionMethod } from '../diffusion/method.ts';

/**
 * Settings of Stable Diffusion's pipelines for style keys; size and guidance are diffusers'.
 *
 * SDEdit (arXiv 2108.01073) finds that starts at 0.3 to 0.6 of the way keep the picture's
 * layout and change its surface, which is what a style key is for; diffusers' own 0.8 redraws the
 * subject, and with it what the locked model should still recognise.
 */
const defaults: EditOptions = {
  steps: 20,
  guidance: 7.5,
  imageGuidance: 1,
  size: 512,
  alpha: 0.5,
  seed: 1024,
  batch: 8,
  strength: 0.5,
};

/** Style keys by a plain text-to-image pipeline that begins with the picture under noise. */
export const imageToImageMethod: DiffusionMethod = {
  defaults,
  has: ['strength'],
  unetChannels: (latents) => [latents],
  check: (_, { steps, strength = 1 }) => void stepsTaken(steps, strength),
  run: async (components, batch) => imagesOf(await imageToImage(components, batch)),
};

/**
 * The same by a latent consistency model (arXiv 2310.04378), as diffusers'
 * LatentConsistencyModelImg2ImgPipeline runs it: all steps lie in the last part of the way, and
 * guidance is what the network has learnt.
 */
export const latentConsistencyMethod: DiffusionMethod = {
  ...imageToImageMethod,
  defaults: { ...defaults, steps: 4, guidance: 8.5 },
  check: (components, { steps, strength = 1 }) =>
    void distilledUpTo(components, strength).sampling(steps),
  run: async (components, batch) => {
    const scheduler = distilledUpTo(components, batch.strength);
    const run = { ...batch, noText: undefined, strength: 1 };
    return imagesOf(await imageToImage({ ...components, scheduler }, run));
  },
};

/** Throws `unsupported` for schedulers that are not of latent consistency models. */
function distilledUpTo({ scheduler }: Components, strength: number): Scheduler {
  if (scheduler.upTo) return scheduler.upTo(strength);
  throw new ModelLockError('unsupported', 'a latent consistency model with another scheduler', {
    valid: ['LCMScheduler'],
  });
}
