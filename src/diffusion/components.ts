import { graphOf, type Graph } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import { parseConfig } from '../nn/config.ts';
import { currentName } from '../nn/models/diffusion/autoencoder-kl.ts';
import {
  unet2dCondition,
  unetConfig,
  type UnetConfig,
} from '../nn/models/diffusion/unet-2d-condition.ts';
import { Scope } from '../nn/scope.ts';
import { autoencoderFrom, type Autoencoder } from './autoencoder.ts';
import { openLoras, updatesOf, type LoraReference } from './lora/apply.ts';
import { weightsOf } from './part-weights.ts';
import type { PipelineSource } from './pipeline-source.ts';
import { schedulerFrom } from './schedulers/registry.ts';
import type { Scheduler } from './schedulers/scheduler.ts';
import { ShapedModel, type Runnable, type ShapedModelOptions } from './shaped-model.ts';
import { StagedModel } from './staged-model.ts';
import { openTextEncoders, textEncoderNames, type TextEncoder } from './text-encoder.ts';

/** Batch, height and width of a picture or of its latents. */
export type BatchShape = readonly [batch: number, height: number, width: number];

/** The parts of a diffusers folder, each run for the shapes it meets. */
export interface Components {
  /** All are shown the whole prompt. */
  readonly textEncoders: readonly TextEncoder[];
  /** What stands for the empty prompt in guidance. */
  readonly emptyPrompt: 'encoded' | 'zeros';
  /**
   * `sample` [B, C, H, W], `timestep` [1], `text` [B, T, D] and, if it is distilled, `guidance`
   * [B, time_cond_proj_dim], if it is SDXL's, `pooledText` [B, P] and `timeIds` [B, 6], to `output`.
   */
  readonly unet: Runnable<BatchShape>;
  readonly unetConfig: UnetConfig;
  /** `image` [B, 3, H, W] in [-1, 1] to `mean` and, but for autoencoders without one, `logvar`. */
  readonly encoder: Runnable<BatchShape>;
  /** `latents` [B, L, h, w] to `image`. */
  readonly decoder: Runnable<BatchShape>;
  readonly autoencoder: Autoencoder;
  readonly scheduler: Scheduler;
}

export interface ComponentsOptions extends ShapedModelOptions {
  /** Added to the weights of U-Net and text encoders. */
  readonly loras?: readonly LoraReference[];
}

/**
 * Opens the parts of a Stable Diffusion pipeline. Weights are read when a part is first run. The
 * `precision` is the U-Net's; text encoders and autoencoder, which run once, stay exact.
 */
export async function openComponents(
  source: PipelineSource,
  { precision, loras: references = [], ...options }: ComponentsOptions = {},
): Promise<Components> {
  const loras = await openLoras(references, ['unet', ...textEncoderNames(source.index)]);
  const textEncoders = await openTextEncoders(source, loras, options);
  const [unet, vae, scheduler] = [
    await source.part('unet'),
    await source.part('vae'),
    await source.scheduler(),
  ];
  const config = parseConfig(unetConfig, unet.config, unet.where);
  const autoencoder = autoencoderFrom(vae.config, vae.where);
  const isXl = config.addition_embed_type === 'text_time';
  const vaeWeights = weightsOf(vae, { nameOf: currentName });
  return {
    textEncoders,
    emptyPrompt: isXl && (source.index.force_zeros_for_empty_prompt ?? true) ? 'zeros' : 'encoded',
    autoencoder,
    scheduler: schedulerFrom(scheduler.config, scheduler.where),
    unetConfig: config,
    unet: new StagedModel(
      (shape) => unetGraph(config, shape, textEncoders),
      conditions,
      weightsOf(unet, { updates: (stored) => updatesOf(loras, 'unet', stored) }),
      { ...options, precision },
    ),
    encoder: new ShapedModel(
      ([batch, height, width]) => {
        const image = input('image', 'float32', [batch, 3, height, width]);
        return graphOf({ ...autoencoder.encode(image) });
      },
      vaeWeights,
      options,
    ),
    decoder: new ShapedModel(
      ([batch, height, width]) => {
        const latents = input('latents', 'float32', [batch, autoencoder.channels, height, width]);
        return graphOf({ image: autoencoder.decode(latents) });
      },
      vaeWeights,
      options,
    ),
  };
}

/** Inputs of a U-Net that stay the same while a picture is made. */
const conditions = ['text', 'guidance', 'pooledText', 'timeIds'] as const;

function unetGraph(
  config: UnetConfig,
  [batch, height, width]: BatchShape,
  textEncoders: readonly TextEncoder[],
): Graph {
  const { tokenizer, config: text } = textEncoders.at(-1)!;
  const size = config.time_cond_proj_dim;
  const output = unet2dCondition(Scope.root(), config, {
    sample: input('sample', 'float32', [batch, config.in_channels, height, width]),
    timestep: input('timestep', 'float32', [1]),
    text: input('text', 'float32', [batch, tokenizer.maxLength, config.cross_attention_dim]),
    ...(size ? { guidance: input('guidance', 'float32', [batch, size]) } : {}),
    ...(config.addition_embed_type === 'text_time'
      ? {
          pooledText: input('pooledText', 'float32', [batch, text.projection_dim]),
          timeIds: input('timeIds', 'float32', [batch, 6]),
        }
      : {}),
  });
  return graphOf({ output });
}
