import { z } from 'zod';

/** Training steps of a hostile configuration would fill the memory with their tables. */
const mostTrainingSteps = 100_000;

/** What every `scheduler_config.json` has: the noise of training, and what the network predicts. */
export const noiseConfig = z.object({
  num_train_timesteps: z.number().int().min(2).max(mostTrainingSteps).default(1000),
  beta_start: z.number().default(0.0001),
  beta_end: z.number().default(0.02),
  beta_schedule: z
    .enum(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'exp', 'sigmoid'])
    .default('linear'),
  trained_betas: z.array(z.number()).max(mostTrainingSteps).nullish(),
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
  timestep_spacing: z.enum(['linspace', 'leading', 'trailing']).default('leading'),
  steps_offset: z.number().int().default(0),
  rescale_betas_zero_snr: z.boolean().default(false),
});
export type NoiseConfig = z.output<typeof noiseConfig>;

/** The same with the spacing that schedulers working in sigmas have by default. */
export const linspaceConfig = noiseConfig.extend({
  timestep_spacing: noiseConfig.shape.timestep_spacing.unwrap().default('linspace'),
});

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value === true);

/** Other spacings of the noise levels than that of the time steps. */
export const spacingOptions = {
  use_karras_sigmas: flag,
  use_exponential_sigmas: flag,
  use_beta_sigmas: flag,
};

/** What a multistep solver's configuration has beside the noise. */
export const solverOptions = {
  ...spacingOptions,
  solver_order: z.number().int().min(1).max(3).default(2),
  lower_order_final: z.boolean().default(true),
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
  use_flow_sigmas: flag,
};

/** Bounds of a predicted sample. */
export const boundOptions = {
  clip_sample: z.boolean().default(false),
  clip_sample_range: z.number().positive().default(1),
  thresholding: z.boolean().default(false),
  dynamic_thresholding_ratio: z.number().min(0).max(1).default(0.995),
  sample_max_value: z.number().min(1).default(1),
};
