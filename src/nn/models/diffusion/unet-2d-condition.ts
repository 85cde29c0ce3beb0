import { z } from 'zod';
import { ModelLockError } from '../../../base/error.ts';
import { silu } from '../../../graph/functions/activations.ts';
import { concat } from '../../../graph/ops/movement/join-ops.ts';
import { shapeOf, type Value } from '../../../graph/value.ts';
import { layers, positive } from '../../config.ts';
import { conv2d, groupNorm } from '../../layers/basic.ts';
import type { Scope } from '../../scope.ts';
import { downsample, resnetBlock, upsample } from './resnet-block.ts';
import { spatialTransformer } from './transformer.ts';
import { unetEmbedding } from './unet-embedding.ts';

const perBlock = z.union([layers, z.array(layers)]);
const off = z.literal(false).default(false);
const none = z.null().default(null);

/** What only networks of other families have: refused, for ignoring it would give other pictures. */
const foreign = {
  center_input_sample: off,
  only_cross_attention: z.union([z.literal(false), z.array(z.literal(false))]).default(false),
  dual_cross_attention: off,
  mid_block_only_cross_attention: z.literal(false).nullish(),
  mid_block_scale_factor: z.literal(1).default(1),
  resnet_skip_time_act: off,
  resnet_out_scale_factor: z.literal(1).default(1),
  reverse_transformer_layers_per_block: none,
  conv_in_kernel: z.literal(3).default(3),
  conv_out_kernel: z.literal(3).default(3),
  attention_type: z.literal('default').default('default'),
  cross_attention_norm: none,
  encoder_hid_dim: none,
  encoder_hid_dim_type: none,
  class_embed_type: none,
  num_class_embeds: none,
  time_embedding_type: z.literal('positional').default('positional'),
  time_embedding_act_fn: none,
  timestep_post_act: none,
};

/** UNet2DConditionModel of diffusers, what the Stable Diffusion family uses of it. */
export const unetConfig = z.object({
  ...foreign,
  in_channels: positive,
  out_channels: positive,
  block_out_channels: z.array(positive).min(1).max(16),
  down_block_types: z.array(z.enum(['DownBlock2D', 'CrossAttnDownBlock2D'])),
  up_block_types: z.array(z.enum(['UpBlock2D', 'CrossAttnUpBlock2D'])),
  mid_block_type: z
    .enum(['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D'])
    .nullable()
    .default('UNetMidBlock2DCrossAttn'),
  layers_per_block: perBlock.default(2),
  /** The number of heads, whatever its name says; diffusers keeps the old mistake. */
  attention_head_dim: perBlock.default(8),
  num_attention_heads: perBlock.nullish(),
  transformer_layers_per_block: perBlock.default(1),
  cross_attention_dim: positive.default(1280),
  use_linear_projection: z.boolean().default(false),
  norm_num_groups: positive.default(32),
  norm_eps: z.number().default(1e-5),
  downsample_padding: z.number().int().default(1),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  time_embedding_dim: positive.nullish(),
  resnet_time_scale_shift: z.enum(['default', 'scale_shift']).default('default'),
  /** Size of the embedded guidance scale, in networks distilled from guided ones. */
  time_cond_proj_dim: positive.nullish(),
  addition_embed_type: z.enum(['text', 'text_time']).nullable().default(null),
  addition_embed_type_num_heads: positive.default(64),
  addition_time_embed_dim: positive.nullish(),
  act_fn: z.literal('silu').default('silu'),
});
export type UnetConfig = z.output<typeof unetConfig>;

export interface UnetInputs {
  /** [B, in_channels, H, W] */
  readonly sample: Value;
  /** float32 [B], or [1] for the whole batch. */
  readonly timestep: Value;
  /** [B, S, cross_attention_dim] */
  readonly text: Value;
  /** [B, time_cond_proj_dim] */
  readonly guidance?: Value;
  /** For `text_time`: the pooled text, [B, P]. */
  readonly pooledText?: Value;
  /** For `text_time`: original size, crop and target size, float32 [B, 6]. */
  readonly timeIds?: Value;
}

/** Predicts noise, velocity or sample, [B, out_channels, H, W]. */
export function unet2dCondition(scope: Scope, config: UnetConfig, inputs: UnetInputs): Value {
  const { block_out_channels: widths } = config;
  const net = new Blocks(scope, config, inputs);
  const skips: Value[] = [];
  let h = conv2d(scope.within('conv_in'), inputs.sample, widths[0], { kernel: 3, padding: 1 });
  skips.push(h);
  widths.forEach((_, i) => {
    for (const value of net.down(i, h)) skips.push((h = value));
  });
  h = net.middle(h);
  widths.forEach((_, i) => {
    h = net.up(i, h, skips);
  });
  const normalised = groupNorm(
    scope.within('conv_norm_out'),
    h,
    config.norm_num_groups,
    config.norm_eps,
  );
  return conv2d(scope.within('conv_out'), silu(normalised), config.out_channels, {
    kernel: 3,
    padding: 1,
  });
}

/** The blocks of one U-Net: what they share is the time embedding and the text. */
class Blocks {
  readonly #scope: Scope;
  readonly #config: UnetConfig;
  readonly #text: Value;
  readonly #time: Value;

  constructor(scope: Scope, config: UnetConfig, inputs: UnetInputs) {
    const blocks = config.block_out_channels.length;
    if (config.down_block_types.length !== blocks || config.up_block_types.length !== blocks) {
      throw new ModelLockError(
        'corrupt',
        `the U-Net has ${blocks} widths, ${config.down_block_types.length} down blocks and ` +
          `${config.up_block_types.length} up blocks`,
      );
    }
    this.#scope = scope;
    this.#config = config;
    this.#text = inputs.text;
    this.#time = unetEmbedding(scope, config, inputs);
  }

  /** All that comes out of a down block, in order: each is a skip connection. */
  down(index: number, x: Value): Value[] {
    const config = this.#config;
    const at = this.#scope.within(`down_blocks.${index}`);
    const values: Value[] = [];
    let h = x;
    for (let i = 0; i < pick(config.layers_per_block, index); i++) {
      h = this.#resnet(at.within(`resnets.${i}`), h, config.block_out_channels[index]);
      if (config.down_block_types[index] === 'CrossAttnDownBlock2D') {
        h = this.#attention(at.within(`attentions.${i}`), h, index);
      }
      values.push(h);
    }
    if (index < config.block_out_channels.length - 1) {
      values.push(downsample(at.within('downsamplers.0'), h, config.downsample_padding));
    }
    return values;
  }

  middle(x: Value): Value {
    const { mid_block_type: type, block_out_channels: widths } = this.#config;
    if (type === null) return x;
    const at = this.#scope.within('mid_block');
    const width = widths.at(-1)!;
    const h = this.#resnet(at.within('resnets.0'), x, width);
    if (type === 'UNetMidBlock2D') return h;
    const attended = this.#attention(at.within('attentions.0'), h, widths.length - 1);
    return this.#resnet(at.within('resnets.1'), attended, width);
  }

  /** Takes its skip connections off the end of `skips`. */
  up(index: number, x: Value, skips: Value[]): Value {
    const config = this.#config;
    const last = config.block_out_channels.length - 1;
    const level = last - index;
    const at = this.#scope.within(`up_blocks.${index}`);
    let h = x;
    for (let i = 0; i <= pick(config.layers_per_block, level); i++) {
      const joined = concat([h, skips.pop()!], 1);
      h = this.#resnet(at.within(`resnets.${i}`), joined, config.block_out_channels[level]);
      if (config.up_block_types[index] === 'CrossAttnUpBlock2D') {
        h = this.#attention(at.within(`attentions.${i}`), h, level);
      }
    }
    return index < last ? upsample(at.within('upsamplers.0'), h, oddSize(h, skips.at(-1)!)) : h;
  }

  #resnet(scope: Scope, x: Value, out: number): Value {
    const { norm_num_groups: groups, norm_eps: epsilon } = this.#config;
    const timeScaleShift = this.#config.resnet_time_scale_shift;
    return resnetBlock(scope, x, out, this.#time, { groups, epsilon, timeScaleShift });
  }

  #attention(scope: Scope, x: Value, level: number): Value {
    const config = this.#config;
    return spatialTransformer(scope, x, this.#text, {
      heads: pick(config.num_attention_heads ?? config.attention_head_dim, level),
      groups: config.norm_num_groups,
      layers: pick(config.transformer_layers_per_block, level),
      linearProjection: config.use_linear_projection,
    });
  }
}

function pick(value: number | readonly number[], index: number): number {
  return typeof value === 'number' ? value : value[index];
}

/** The size of the skip connection where doubling would miss it. */
function oddSize(x: Value, skip: Value): readonly number[] | undefined {
  const doubled = shapeOf({ ...x, shape: x.shape.slice(2) }).map((n) => 2 * n);
  const wanted = shapeOf({ ...skip, shape: skip.shape.slice(2) });
  return doubled.every((n, axis) => n === wanted[axis]) ? undefined : wanted;
}
