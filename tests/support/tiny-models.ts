import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { counterRandom } from '../../src/base/random/counter.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { input } from '../../src/graph/value.ts';
import { clipText, clipTextConfig, clipTextWithProjection } from '../../src/nn/models/clip-text.ts';
import {
  autoencoderTinyConfig,
  decodeTiny,
  encodeTiny,
} from '../../src/nn/models/diffusion/autoencoder-tiny.ts';
import { unet2dCondition, unetConfig } from '../../src/nn/models/diffusion/unet-2d-condition.ts';
import { classifierFrom } from '../../src/nn/models/registry.ts';
import { initialise, Scope } from '../../src/nn/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/**
 * Checkpoints of a few thousand random weights in the official layouts, for tests of everything
 * around them. They are good at nothing.
 */

type Json = Readonly<Record<string, unknown>>;

function write(path: string, content: Json | string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const isRaw = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, isRaw ? content : `${JSON.stringify(content, null, 2)}\n`);
}

function weightsOf(seed: number, define: (scope: Scope) => unknown): Map<string, Tensor> {
  const scope = Scope.root();
  define(scope);
  return initialise(scope.declared, counterRandom(seed));
}

/** Architectures of transformers, by `model_type`. */
const classifiers = {
  resnet: { embedding_size: 8, hidden_sizes: [8, 16], depths: [1, 1], layer_type: 'basic' },
  vit: {
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    image_size: 32,
    patch_size: 8,
  },
} as const satisfies Record<string, Json>;

/** An image classifier for 32x32 pixels and two classes. */
export function writeTinyClassifier(
  folder: string,
  type: keyof typeof classifiers = 'resnet',
): void {
  const config = {
    model_type: type,
    ...classifiers[type],
    id2label: { '0': 'first', '1': 'second' },
  };
  const weights = weightsOf(1, (scope) =>
    classifierFrom(config, folder).build(scope, input('x', 'float32', [1, 3, 32, 32])),
  );
  write(join(folder, 'config.json'), config);
  write(join(folder, 'preprocessor_config.json'), { size: { height: 32, width: 32 } });
  write(join(folder, 'model.safetensors'), encodeSafetensors(weights, { format: 'pt' }));
}

const textWidth = 16;

const textEncoder = {
  model_type: 'clip_text_model',
  vocab_size: 2 * 94 + 2,
  hidden_size: textWidth,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  eos_token_id: 2 * 94 + 1,
};

const unet = {
  _class_name: 'UNet2DConditionModel',
  out_channels: 3,
  block_out_channels: [8, 16],
  down_block_types: ['DownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'UpBlock2D'],
  mid_block_type: 'UNetMidBlock2D',
  layers_per_block: 1,
  cross_attention_dim: textWidth,
  norm_num_groups: 4,
  addition_embed_type: 'text',
  addition_embed_type_num_heads: 2,
  resnet_time_scale_shift: 'scale_shift',
};

const autoencoder = {
  _class_name: 'AutoencoderTiny',
  latent_channels: 3,
  encoder_block_out_channels: [8, 8],
  decoder_block_out_channels: [8, 8],
  num_encoder_blocks: [0, 0],
  num_decoder_blocks: [0, 0],
};

const scheduler = {
  _class_name: 'EulerAncestralDiscreteScheduler',
  prediction_type: 'v_prediction',
  rescale_betas_zero_snr: true,
  timestep_spacing: 'trailing',
};

/** What differs between the pipelines of diffusers, by their classes; latents have three channels. */
const pipelines = {
  StableDiffusionInstructPix2PixPipeline: {
    unet: { ...unet, in_channels: 6 },
    scheduler,
    options: { steps: 1 },
  },
  StableDiffusionPipeline: {
    unet: { ...unet, in_channels: 3 },
    scheduler,
    options: { steps: 2 },
  },
  StableDiffusionInpaintPipeline: {
    unet: { ...unet, in_channels: 7 },
    scheduler,
    options: { steps: 1 },
  },
  StableDiffusionXLInstructPix2PixPipeline: {
    unet: {
      ...unet,
      in_channels: 6,
      mid_block_type: 'UNetMidBlock2DCrossAttn',
      attention_head_dim: 2,
      cross_attention_dim: 2 * textWidth,
      addition_embed_type: 'text_time',
      addition_time_embed_dim: 8,
    },
    scheduler,
    options: { steps: 1 },
  },
  LatentConsistencyModelPipeline: {
    unet: { ...unet, in_channels: 3, time_cond_proj_dim: 8 },
    scheduler: { _class_name: 'LCMScheduler' },
    options: { steps: 2 },
  },
} as const satisfies Record<string, { unet: Json; scheduler: Json; options: Json }>;

export type TinyPipeline = keyof typeof pipelines;

const projectedWidth = 8;

function writeSecondTextEncoder(folder: string, seed: number): void {
  const config = { ...textEncoder, projection_dim: projectedWidth };
  writeTokenizer(join(folder, 'tokenizer_2'));
  write(join(folder, 'text_encoder_2', 'config.json'), config);
  const weights = weightsOf(seed + 3, (scope) =>
    clipTextWithProjection(scope, clipTextConfig.parse(config), {
      ids: input('ids', 'int64', [1, 77]),
    }),
  );
  amplify(weights, /embeddings\./, 50);
  write(join(folder, 'text_encoder_2', 'model.safetensors'), encodeSafetensors(weights));
}

/** A pipeline of diffusers that edits at 16x16 in one or two steps. */
export function writeTinyEditor(
  folder: string,
  seed = 1,
  pipeline: TinyPipeline = 'StableDiffusionInstructPix2PixPipeline',
): void {
  const parts = pipelines[pipeline];
  const place = (...names: string[]): string => join(folder, ...names);
  const isXl = parts.unet.addition_embed_type === 'text_time';
  write(place('model_index.json'), {
    _class_name: pipeline,
    text_encoder: ['transformers', 'CLIPTextModel'],
    ...(isXl ? { text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'] } : {}),
  });
  write(place('modellock-editor.json'), {
    version: String(seed),
    guidance: 1,
    imageGuidance: 1,
    size: 16,
    batch: 32,
    ...parts.options,
  });
  write(place('scheduler', 'scheduler_config.json'), parts.scheduler);
  writeTokenizer(place('tokenizer'));

  write(place('text_encoder', 'config.json'), textEncoder);
  const text = weightsOf(seed, (scope) =>
    clipText(scope, clipTextConfig.parse(textEncoder), { ids: input('ids', 'int64', [1, 77]) }),
  );
  amplify(text, /^embeddings\./, 50);
  write(place('text_encoder', 'model.safetensors'), encodeSafetensors(text));
  if (isXl) writeSecondTextEncoder(folder, seed);

  write(place('unet', 'config.json'), parts.unet);
  const network = weightsOf(seed + 1, (scope) =>
    unet2dCondition(scope, unetConfig.parse(parts.unet), {
      sample: input('sample', 'float32', [1, parts.unet.in_channels, 8, 8]),
      timestep: input('timestep', 'float32', [1]),
      text: input('text', 'float32', [1, 77, parts.unet.cross_attention_dim]),
      ...(isXl
        ? {
            pooledText: input('pooledText', 'float32', [1, projectedWidth]),
            timeIds: input('timeIds', 'float32', [1, 6]),
          }
        : {}),
      ...('time_cond_proj_dim' in parts.unet
        ? { guidance: input('guidance', 'float32', [1, parts.unet.time_cond_proj_dim]) }
        : {}),
    }),
  );
  amplify(network, /time_emb_proj|conv_out/, 10);
  write(place('unet', 'diffusion_pytorch_model.safetensors'), encodeSafetensors(network));

  write(place('vae', 'config.json'), autoencoder);
  const vae = weightsOf(seed + 2, (scope) => {
    const config = autoencoderTinyConfig.parse(autoencoder);
    encodeTiny(scope, config, input('image', 'float32', [1, 3, 16, 16]));
    decodeTiny(scope, config, input('latents', 'float32', [1, 3, 8, 8]));
  });
  amplify(vae, /^decoder/, 2);
  write(place('vae', 'diffusion_pytorch_model.safetensors'), encodeSafetensors(vae));
}

/** Makes some weights larger: an untrained editor hardly tells one prompt from another. */
function amplify(weights: ReadonlyMap<string, Tensor>, names: RegExp, factor: number): void {
  for (const [name, { data }] of weights) {
    if (names.test(name)) data.forEach((value, i) => (data[i] = Number(value) * factor));
  }
}

/** A vocabulary without byte pairs: each printable letter of ASCII is a token. */
function writeTokenizer(folder: string): void {
  const letters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
  const marks = ['<|startoftext|>', '<|endoftext|>'];
  const tokens = [...letters, ...letters.map((letter) => `${letter}</w>`), ...marks];
  write(join(folder, 'vocab.json'), Object.fromEntries(tokens.map((token, id) => [token, id])));
  write(join(folder, 'merges.txt'), '#version: 0.2\n');
  write(join(folder, 'tokenizer_config.json'), { tokenizer_class: 'CLIPTokenizer' });
}
