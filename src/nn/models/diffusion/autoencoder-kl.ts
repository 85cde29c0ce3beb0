import { z } from 'zod';
import { silu } from '../../../graph/functions/activations.ts';
import { add } from '../../../graph/ops/binary/ops.ts';
import { clip } from '../../../graph/ops/elementwise/ops.ts';
import { chunk } from '../../../graph/ops/movement/join-ops.ts';
import { flatten, reshape, transpose } from '../../../graph/ops/movement/shape-ops.ts';
import { scalar, type Value } from '../../../graph/value.ts';
import { scaledDotProductAttention } from '../../../graph/functions/attention.ts';
import { layers, positive } from '../../config.ts';
import { conv2d, groupNorm, linear } from '../../layers/basic.ts';
import type { Scope } from '../../scope.ts';
import { downsample, resnetBlock, upsample } from './resnet-block.ts';

/** AutoencoderKL of diffusers: Stable Diffusion's. */
export const autoencoderKlConfig = z.object({
  in_channels: positive.default(3),
  out_channels: positive.default(3),
  latent_channels: positive.default(4),
  block_out_channels: z.array(positive).min(1).max(16),
  down_block_types: z.array(z.literal('DownEncoderBlock2D')),
  up_block_types: z.array(z.literal('UpDecoderBlock2D')),
  layers_per_block: layers.default(1),
  norm_num_groups: positive.default(32),
  mid_block_add_attention: z.boolean().default(true),
  use_quant_conv: z.boolean().default(true),
  use_post_quant_conv: z.boolean().default(true),
  scaling_factor: z.number().default(0.18215),
});
export type AutoencoderKlConfig = z.output<typeof autoencoderKlConfig>;

/** A normal distribution of latents, each [B, L, h, w]. */
export interface LatentDistribution {
  /** The mode as well. */
  readonly mean: Value;
  /** Logarithm of the variance, within [-30, 20]. */
  readonly logvar: Value;
}

const epsilon = 1e-6;

/** Image [B, 3, H, W] in [-1, 1] to the distribution of its latents. */
export function encodeKl(
  scope: Scope,
  config: AutoencoderKlConfig,
  image: Value,
): LatentDistribution {
  const at = scope.within('encoder');
  const widths = config.block_out_channels;
  const options = { groups: config.norm_num_groups, epsilon };
  let h = conv2d(at.within('conv_in'), image, widths[0], { kernel: 3, padding: 1 });
  widths.forEach((width, i) => {
    const block = at.within(`down_blocks.${i}`);
    for (let k = 0; k < config.layers_per_block; k++) {
      h = resnetBlock(block.within(`resnets.${k}`), h, width, undefined, options);
    }
    if (i < widths.length - 1) h = downsample(block.within('downsamplers.0'), h, 0);
  });
  h = finish(at, config, middle(at.within('mid_block'), config, h), 2 * config.latent_channels);
  const moments = config.use_quant_conv
    ? conv2d(scope.within('quant_conv'), h, 2 * config.latent_channels, { kernel: 1 })
    : h;
  const [mean, logvar] = chunk(moments, 2, 1);
  return { mean, logvar: clip(logvar, scalar(-30), scalar(20)) };
}

/** Latents [B, L, h, w] to an image [B, 3, H, W], in [-1, 1] but for overshoot. */
export function decodeKl(scope: Scope, config: AutoencoderKlConfig, latents: Value): Value {
  const at = scope.within('decoder');
  const widths = [...config.block_out_channels].reverse();
  const options = { groups: config.norm_num_groups, epsilon };
  const z0 = config.use_post_quant_conv
    ? conv2d(scope.within('post_quant_conv'), latents, config.latent_channels, { kernel: 1 })
    : latents;
  let h = conv2d(at.within('conv_in'), z0, widths[0], { kernel: 3, padding: 1 });
  h = middle(at.within('mid_block'), config, h);
  widths.forEach((width, i) => {
    const block = at.within(`up_blocks.${i}`);
    for (let k = 0; k <= config.layers_per_block; k++) {
      h = resnetBlock(block.within(`resnets.${k}`), h, width, undefined, options);
    }
    if (i < widths.length - 1) h = upsample(block.within('upsamplers.0'), h);
  });
  return finish(at, config, h, config.out_channels);
}

function finish(scope: Scope, config: AutoencoderKlConfig, x: Value, out: number): Value {
  const h = silu(groupNorm(scope.within('conv_norm_out'), x, config.norm_num_groups, epsilon));
  return conv2d(scope.within('conv_out'), h, out, { kernel: 3, padding: 1 });
}

function middle(scope: Scope, config: AutoencoderKlConfig, x: Value): Value {
  const options = { groups: config.norm_num_groups, epsilon };
  const width = Number(x.shape[1]);
  const block = (i: number, value: Value): Value =>
    resnetBlock(scope.within(`resnets.${i}`), value, width, undefined, options);
  const h = block(0, x);
  return block(
    1,
    config.mid_block_add_attention
      ? selfAttention(scope.within('attentions.0'), h, config.norm_num_groups)
      : h,
  );
}

/** Attention of all places to each other, with one head. */
function selfAttention(scope: Scope, x: Value, groups: number): Value {
  const width = Number(x.shape[1]);
  const normalised = flatten(groupNorm(scope.within('group_norm'), x, groups, epsilon), 2);
  const tokens = transpose(normalised, [0, 2, 1]); // [B, P, C]
  const [q, k, v] = ['to_q', 'to_k', 'to_v'].map((name) =>
    linear(scope.within(name), tokens, width),
  );
  const attended = linear(scope.within('to_out.0'), scaledDotProductAttention(q, k, v), width);
  return add(reshape(transpose(attended, [0, 2, 1]), x.shape), x);
}

/** The names that autoencoders published in 2022 have, as they are called now. */
const renamed: readonly (readonly [RegExp, string])[] = [
  [/\.query\./, '.to_q.'],
  [/\.key\./, '.to_k.'],
  [/\.value\./, '.to_v.'],
  [/\.proj_attn\./, '.to_out.0.'],
];

/** Today's name of an autoencoder's parameter. */
export function currentName(name: string): string {
  return renamed.reduce((result, [pattern, now]) => result.replace(pattern, now), name);
}
