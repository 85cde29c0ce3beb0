import { closeSync, cpSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { counterRandom } from '../../src/base/random/counter.ts';
import { encodeHeader } from '../../src/formats/safetensors.ts';
import { input } from '../../src/graph/value.ts';
import type { RawConfig } from '../../src/nn/config.ts';
import { clipText, clipTextConfig } from '../../src/nn/models/clip-text.ts';
import {
  autoencoderKlConfig,
  decodeKl,
  encodeKl,
} from '../../src/nn/models/diffusion/autoencoder-kl.ts';
import { unet2dCondition, unetConfig } from '../../src/nn/models/diffusion/unet-2d-condition.ts';
import { initialise, Scope, type Declaration } from '../../src/nn/scope.ts';
import { assetPath } from '../../src/platform/assets.ts';

/**
 * A diffusers folder in the configuration of timbrooks/instruct-pix2pix (a U-Net of 860 million
 * weights, 4.3 GB in all) with random weights, made once: for speed and memory, weights do not matter.
 *
 * Its tokenizer is the pocket editor's, whose ids are fewer.
 */
export function makeInstructPix2Pix(folder: string): void {
  if (existsSync(folder)) return;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  writeJson(part, 'model_index.json', modelIndex);
  writeJson(join(part, 'scheduler'), 'scheduler_config.json', scheduler);
  cpSync(assetPath('pocket-editor', 'tokenizer'), join(part, 'tokenizer'), { recursive: true });
  for (const [name, { config, file, declare }] of Object.entries(components)) {
    writeJson(join(part, name), 'config.json', config);
    const scope = Scope.root();
    declare(scope);
    writeRandom(join(part, name, file), scope.declared.parameters);
  }
  renameSync(part, folder);
}

const modelIndex = {
  _class_name: 'StableDiffusionInstructPix2PixPipeline',
  _diffusers_version: '0.42.1',
  feature_extractor: [null, null],
  image_encoder: [null, null],
  requires_safety_checker: false,
  safety_checker: [null, null],
  scheduler: ['diffusers', 'EulerAncestralDiscreteScheduler'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
};

const scheduler = {
  _class_name: 'EulerAncestralDiscreteScheduler',
  _diffusers_version: '0.42.1',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  num_train_timesteps: 1000,
  prediction_type: 'epsilon',
  timestep_spacing: 'linspace',
  steps_offset: 1,
};

interface Component {
  readonly config: RawConfig;
  readonly file: string;
  /** Asks the scope for every parameter of it. */
  readonly declare: (scope: Scope) => void;
}

const [crossDown, down] = ['CrossAttnDownBlock2D', 'DownBlock2D'];
const [crossUp, up] = ['CrossAttnUpBlock2D', 'UpBlock2D'];
/** Sides of latents: of any size that the levels divide. */
const side = 16;

const unet = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 64,
  in_channels: 8,
  out_channels: 4,
  block_out_channels: [320, 640, 1280, 1280],
  down_block_types: [crossDown, crossDown, crossDown, down],
  up_block_types: [up, crossUp, crossUp, crossUp],
  layers_per_block: 2,
  attention_head_dim: 8,
  cross_attention_dim: 768,
};

const textEncoder = {
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  vocab_size: 49408,
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  max_position_embeddings: 77,
  hidden_act: 'quick_gelu',
};

const vae = {
  _class_name: 'AutoencoderKL',
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [128, 256, 512, 512],
  down_block_types: Array<string>(4).fill('DownEncoderBlock2D'),
  up_block_types: Array<string>(4).fill('UpDecoderBlock2D'),
  layers_per_block: 2,
  norm_num_groups: 32,
  sample_size: 512,
};

const components: Readonly<Record<string, Component>> = {
  text_encoder: {
    config: textEncoder,
    file: 'model.safetensors',
    declare: (scope) => {
      clipText(scope, clipTextConfig.parse(textEncoder), { ids: input('ids', 'int64', [1, 77]) });
    },
  },
  unet: {
    config: unet,
    file: 'diffusion_pytorch_model.safetensors',
    declare: (scope) => {
      unet2dCondition(scope, unetConfig.parse(unet), {
        sample: input('sample', 'float32', [1, 8, side, side]),
        timestep: input('timestep', 'float32', [1]),
        text: input('text', 'float32', [1, 77, 768]),
      });
    },
  },
  vae: {
    config: vae,
    file: 'diffusion_pytorch_model.safetensors',
    declare: (scope) => {
      const config = autoencoderKlConfig.parse(vae);
      encodeKl(scope, config, input('image', 'float32', [1, 3, 64, 64]));
      decodeKl(scope, config, input('latents', 'float32', [1, 4, 8, 8]));
    },
  },
};

function writeJson(folder: string, name: string, value: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}

/** Draws one tensor after the other: all of them would be as large as the file. */
function writeRandom(path: string, declarations: ReadonlyMap<string, Declaration>): void {
  const names = [...declarations.keys()].sort();
  const header = encodeHeader(
    names.map((name) => [name, { dtype: 'float32', shape: declarations.get(name)!.shape }]),
  );
  const file = openSync(path, 'w');
  try {
    writeSync(file, header);
    for (const [i, name] of names.entries()) {
      const one = new Map([[name, declarations.get(name)!]]);
      const [tensor] = initialise(
        { parameters: one, buffers: new Map() },
        counterRandom(0, i),
      ).values();
      writeSync(file, new Uint8Array(tensor.data.buffer));
    }
  } finally {
    closeSync(file);
  }
}
