import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import type { StoredTensors } from '../formats/stored-tensor.ts';
import { openWeights, requireStoredWeights } from '../formats/weights.ts';
import { graphOf, type Graph } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import { clipText, clipTextConfig, clipTextName } from '../nn/models/clip-text.ts';
import { currentName } from '../nn/models/diffusion/autoencoder-kl.ts';
import {
  unet2dCondition,
  unetConfig,
  type UnetConfig,
} from '../nn/models/diffusion/unet-2d-condition.ts';
import { Scope } from '../nn/scope.ts';
import { exists, join, readJsonObject, readText } from '../platform/files.ts';
import { autoencoderFrom, type Autoencoder } from './autoencoder.ts';
import { schedulerFrom } from './schedulers/registry.ts';
import type { Scheduler } from './schedulers/scheduler.ts';
import { ShapedModel, type Runnable, type ShapedModelOptions } from './shaped-model.ts';
import { StagedModel } from './staged-model.ts';
import { ClipTokenizer } from './tokenizer/clip-tokenizer.ts';
import type { FastTokenizer } from './tokenizer/fast-tokenizer.ts';

/** Batch, height and width of a picture or of its latents. */
export type BatchShape = readonly [batch: number, height: number, width: number];

/** The parts of a diffusers folder, each run for the shapes it meets. */
export interface Components {
  readonly tokenizer: ClipTokenizer;
  /** `ids` int64 [1, T] to `text` [1, T, D]. */
  readonly textEncoder: Runnable<readonly []>;
  /**
   * `sample` [B, C, H, W], `timestep` [1], `text` [B, T, D] and, if it is distilled, `guidance`
   * [B, time_cond_proj_dim] to `output`.
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

const modelIndex = z.object({ _class_name: z.string() });

/** Which pipeline a `model_index.json` is of. Throws `corrupt`. */
export const pipelineClass = (index: RawConfig, where: string): string =>
  parseConfig(modelIndex, index, where)._class_name;

/**
 * Opens the parts of a Stable Diffusion pipeline. Weights are read when a part is first run. The
 * `precision` is the U-Net's; text encoder and autoencoder, which run once, stay exact.
 */
export async function openComponents(
  folder: string,
  { precision, ...options }: ShapedModelOptions = {},
): Promise<Components> {
  const part = (...names: string[]): string => join(folder, ...names);
  const config = async (...names: string[]): Promise<[RawConfig, string]> => {
    const path = part(...names);
    return [await readJsonObject(path), path];
  };
  const tokenizer = await readTokenizer(part('tokenizer'));
  const text = parseConfig(clipTextConfig, ...(await config('text_encoder', 'config.json')));
  const unet = parseConfig(unetConfig, ...(await config('unet', 'config.json')));
  const autoencoder = autoencoderFrom(...(await config('vae', 'config.json')));
  const scheduler = schedulerFrom(...(await config('scheduler', 'scheduler_config.json')));
  if (unet.addition_embed_type === 'text_time') {
    throw new ModelLockError(
      'unsupported',
      `${part('unet')} is of SDXL, which has two text encoders`,
    );
  }
  const vaeWeights = weightsOf(part('vae'), currentName);
  return {
    tokenizer,
    autoencoder,
    scheduler,
    unetConfig: unet,
    textEncoder: new ShapedModel(
      () => {
        const ids = input('ids', 'int64', [1, tokenizer.maxLength]);
        return graphOf({ text: clipText(Scope.root(), text, { ids }).lastHiddenState });
      },
      weightsOf(part('text_encoder'), clipTextName),
      options,
    ),
    unet: new StagedModel(
      (shape) => unetGraph(unet, shape, tokenizer.maxLength),
      conditions,
      weightsOf(part('unet')),
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
const conditions = ['text', 'guidance'] as const;

function unetGraph(
  config: UnetConfig,
  [batch, height, width]: BatchShape,
  textLength: number,
): Graph {
  const size = config.time_cond_proj_dim;
  const output = unet2dCondition(Scope.root(), config, {
    sample: input('sample', 'float32', [batch, config.in_channels, height, width]),
    timestep: input('timestep', 'float32', [1]),
    text: input('text', 'float32', [batch, textLength, config.cross_attention_dim]),
    ...(size ? { guidance: input('guidance', 'float32', [batch, size]) } : {}),
  });
  return graphOf({ output });
}

/**
 * Finds a part's weights for a graph.
 *
 * @param nameOf today's name of a tensor.
 */
function weightsOf(
  folder: string,
  nameOf: (name: string) => string = (name) => name,
): (graph: Graph) => Promise<StoredTensors> {
  const checked = new Set<string>();
  return async ({ parameters }) => {
    const { tensors, path } = await openWeights(folder);
    const weights = new Map([...tensors].map(([name, stored]) => [nameOf(name), stored]));
    // To read them all takes seconds: not again for every shape.
    const unchecked = new Map([...parameters].filter(([name]) => !checked.has(name)));
    await requireStoredWeights(weights, unchecked, path);
    for (const name of unchecked.keys()) checked.add(name);
    return weights;
  };
}

async function readTokenizer(folder: string): Promise<ClipTokenizer> {
  const json = (name: string): Promise<RawConfig> => readJsonObject(join(folder, name));
  const config = await json('tokenizer_config.json');
  if (await exists(join(folder, 'tokenizer.json'))) {
    return new ClipTokenizer({
      tokenizer: (await json('tokenizer.json')) as object as FastTokenizer,
      config,
    });
  }
  return new ClipTokenizer({
    vocabulary: (await json('vocab.json')) as Record<string, number>,
    merges: await readText(join(folder, 'merges.txt')),
    config,
  });
}
