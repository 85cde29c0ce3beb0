import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { entryOf } from '../base/registry.ts';
import { decodeSafetensors } from '../formats/safetensors.ts';
import { graphOf } from '../graph/graph.ts';
import { input, type Value } from '../graph/value.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import { clipText, clipTextConfig, clipTextName } from '../nn/models/clip-text.ts';
import {
  autoencoderKlConfig,
  currentName,
  decodeKl,
  encodeKl,
} from '../nn/models/diffusion/autoencoder-kl.ts';
import {
  autoencoderTinyConfig,
  decodeTiny,
  encodeTiny,
} from '../nn/models/diffusion/autoencoder-tiny.ts';
import { unet2dCondition, unetConfig } from '../nn/models/diffusion/unet-2d-condition.ts';
import { Scope } from '../nn/scope.ts';
import { exists, join, readBytes, readJsonObject, readText } from '../platform/files.ts';
import { toFloat32 } from '../tensor/convert.ts';
import { ShapedModel, type ShapedModelOptions, type Weights } from './shaped-model.ts';
import type { Scheduler } from './schedulers/scheduler.ts';
import { schedulerFrom } from './schedulers/registry.ts';
import { ClipTokenizer } from './tokenizer/clip-tokenizer.ts';
import type { FastTokenizer } from './tokenizer/fast-tokenizer.ts';

/** Batch, height and width of a picture or of its latents. */
export type BatchShape = readonly [batch: number, height: number, width: number];

/** The parts of a diffusers folder, each run for the shapes it meets. */
export interface Components {
  readonly tokenizer: ClipTokenizer;
  /** `ids` int64 [1, T] to `text` [1, T, D]. */
  readonly textEncoder: ShapedModel<readonly []>;
  /** `sample` [B, C, H, W], `timestep` [1], `text` [B, T, D] to `output`. */
  readonly unet: ShapedModel<BatchShape>;
  /** `image` [B, 3, H, W] in [-1, 1] to `latents`: the mode of their distribution, not scaled. */
  readonly encoder: ShapedModel<BatchShape>;
  /** `latents` [B, L, h, w] to `image`. */
  readonly decoder: ShapedModel<BatchShape>;
  readonly autoencoder: Autoencoder;
  readonly scheduler: Scheduler;
}

/** What a pipeline must know of its autoencoder. */
export interface Autoencoder {
  /** Pixels along one side of a latent. */
  readonly factor: number;
  readonly channels: number;
  /** Latents are divided by it before they are decoded. */
  readonly scaling: number;
  encode(image: Value): Value;
  decode(latents: Value): Value;
}

const modelIndex = z.object({ _class_name: z.string() });

/** The class of the pipeline in a diffusers folder. Throws `not-found` or `corrupt`. */
export async function pipelineClass(folder: string): Promise<string> {
  const path = join(folder, 'model_index.json');
  return parseConfig(modelIndex, await readJsonObject(path), path)._class_name;
}

/** Opens the parts of a Stable Diffusion pipeline. Weights are read when a part is first run. */
export async function openComponents(
  folder: string,
  options: ShapedModelOptions = {},
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
  const vaeWeights = (): Promise<Weights> => readWeights(part('vae'), currentName);
  return {
    tokenizer,
    autoencoder,
    scheduler,
    textEncoder: new ShapedModel(
      () => {
        const ids = input('ids', 'int64', [1, tokenizer.maxLength]);
        return graphOf({ text: clipText(Scope.root(), text, { ids }).lastHiddenState });
      },
      () => readWeights(part('text_encoder'), clipTextName),
      options,
    ),
    unet: new ShapedModel(
      ([batch, height, width]) => {
        const sample = input('sample', 'float32', [batch, unet.in_channels, height, width]);
        const timestep = input('timestep', 'float32', [1]);
        const states = input('text', 'float32', [
          batch,
          tokenizer.maxLength,
          unet.cross_attention_dim,
        ]);
        const inputs = { sample, timestep, text: states };
        return graphOf({ output: unet2dCondition(Scope.root(), unet, inputs) });
      },
      () => readWeights(part('unet')),
      options,
    ),
    encoder: new ShapedModel(
      ([batch, height, width]) =>
        graphOf({
          latents: autoencoder.encode(input('image', 'float32', [batch, 3, height, width])),
        }),
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

type OpenAutoencoder = (config: RawConfig, where: string) => Autoencoder;

const autoencoders = {
  AutoencoderKL: (raw, where) => {
    const config = parseConfig(autoencoderKlConfig, raw, where);
    return {
      factor: 2 ** (config.block_out_channels.length - 1),
      channels: config.latent_channels,
      scaling: config.scaling_factor,
      encode: (image) => encodeKl(Scope.root(), config, image).mean,
      decode: (latents) => decodeKl(Scope.root(), config, latents),
    };
  },
  AutoencoderTiny: (raw, where) => {
    const config = parseConfig(autoencoderTinyConfig, raw, where);
    return {
      factor: 2 ** (config.encoder_block_out_channels.length - 1),
      channels: config.latent_channels,
      scaling: config.scaling_factor,
      encode: (image) => encodeTiny(Scope.root(), config, image),
      decode: (latents) => decodeTiny(Scope.root(), config, latents),
    };
  },
} as const satisfies Record<string, OpenAutoencoder>;

function autoencoderFrom(config: RawConfig, where: string): Autoencoder {
  const name = String(config['_class_name']);
  const open = entryOf<OpenAutoencoder>(autoencoders, name);
  if (open) return open(config, where);
  throw new ModelLockError('unsupported', `${where}: autoencoder "${name}" is not supported`, {
    valid: Object.keys(autoencoders),
  });
}

/** Files that a part's weights may lie in, the smallest first. */
const weightFiles = [
  'diffusion_pytorch_model.fp16.safetensors',
  'diffusion_pytorch_model.safetensors',
  'model.fp16.safetensors',
  'model.safetensors',
];

async function readWeights(
  folder: string,
  rename: (name: string) => string = (name) => name,
): Promise<Weights> {
  for (const file of weightFiles) {
    const path = join(folder, file);
    if (!(await exists(path))) continue;
    const { tensors } = decodeSafetensors(await readBytes(path), path);
    return new Map([...tensors].map(([name, t]) => [rename(name), toFloat32(t)]));
  }
  throw new ModelLockError('not-found', `${folder} has no weights`, { valid: weightFiles });
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
