import type { RawConfig } from '../../nn/config.ts';

export type FamilyName = 'sd1' | 'sd2' | 'sdxl';

/** What a network predicts: the noise, or the velocity (arXiv 2202.00512). */
export type Prediction = 'epsilon' | 'v_prediction';

/** What all models of a family agree in and their weights do not tell. */
export interface Family {
  readonly title: string;
  readonly vaeScaling: number;
  readonly scheduler: RawConfig;
  /** Parts of a diffusers folder that a whole model has beside U-Net and scheduler. */
  readonly parts: readonly string[];
  /** Classes of pipelines in diffusers, by the number of channels that their U-Net takes. */
  readonly pipelines: Readonly<Record<number, string>>;
}

/** The noise that all of them were trained with. */
const noise: RawConfig = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  clip_sample: false,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
};

export const families: Readonly<Record<FamilyName, Family>> = {
  sd1: {
    title: 'Stable Diffusion 1',
    vaeScaling: 0.18215,
    scheduler: { _class_name: 'PNDMScheduler', ...noise },
    parts: ['vae', 'text_encoder', 'tokenizer'],
    pipelines: {
      4: 'StableDiffusionPipeline',
      8: 'StableDiffusionInstructPix2PixPipeline',
      9: 'StableDiffusionInpaintPipeline',
    },
  },
  sd2: {
    title: 'Stable Diffusion 2',
    vaeScaling: 0.18215,
    scheduler: { _class_name: 'DDIMScheduler', ...noise },
    parts: ['vae', 'text_encoder', 'tokenizer'],
    pipelines: {
      4: 'StableDiffusionPipeline',
      8: 'StableDiffusionInstructPix2PixPipeline',
      9: 'StableDiffusionInpaintPipeline',
    },
  },
  sdxl: {
    title: 'Stable Diffusion XL',
    vaeScaling: 0.13025,
    scheduler: { _class_name: 'EulerDiscreteScheduler', ...noise, timestep_spacing: 'leading' },
    parts: ['vae', 'text_encoder', 'text_encoder_2', 'tokenizer', 'tokenizer_2'],
    pipelines: {
      4: 'StableDiffusionXLPipeline',
      8: 'StableDiffusionXLInstructPix2PixPipeline',
      9: 'StableDiffusionXLInpaintPipeline',
    },
  },
};

/** The scheduler that InstructPix2Pix was published with. */
const pix2pixScheduler = { _class_name: 'EulerAncestralDiscreteScheduler', ...noise };

/** The `scheduler_config.json` that a model of a family is published with. */
export function schedulerConfig(
  family: Family,
  inChannels: number,
  prediction: Prediction,
  zeroTerminalSnr: boolean,
): RawConfig {
  return {
    ...(inChannels === 8 ? pix2pixScheduler : family.scheduler),
    prediction_type: prediction,
    ...(zeroTerminalSnr ? { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' } : {}),
  };
}
