import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../graph/testing/evaluate.ts';
import { input } from '../../../graph/value.ts';
import { float32, sizeOf, type Tensor } from '../../../tensor/tensor.ts';
import { parseConfig } from '../../config.ts';
import { Scope } from '../../scope.ts';
import { built } from '../../testing/layout.ts';
import { unet2dCondition, unetConfig } from './unet-2d-condition.ts';

const unet = {
  in_channels: 8,
  out_channels: 4,
  block_out_channels: [4, 8],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 1,
  attention_head_dim: 2,
  cross_attention_dim: 6,
  norm_num_groups: 2,
};

/** The U-Net of a configuration for pictures of some size. */
const unetOf = (config: object, height = 8, width = 8): ReturnType<typeof built> =>
  built((scope) =>
    unet2dCondition(scope, parseConfig(unetConfig, { ...config }, 'unet/config.json'), {
      sample: input('sample', 'float32', [1, 8, height, width]),
      timestep: input('timestep', 'float32', [1]),
      text: input('text', 'float32', [1, 77, 6]),
    }),
  );

describe('UNet2DConditionModel', () => {
  it('has the names and shapes of published checkpoints', () => {
    const { layout, shape } = unetOf(unet);
    expect(shape).toEqual([1, 4, 8, 8]);
    const lines = layout.split('\n');
    // The attention of one block will do.
    expect(lines.filter((line) => !/^(?:mid|up).*\.attentions\./.test(line)).join('\n'))
      .toMatchInlineSnapshot(`
      "time_embedding.linear_1 16x4 bias
      time_embedding.linear_2 16x16 bias
      conv_in 4x8x3x3 bias
      down_blocks.0.resnets.0.norm1 4 bias
      down_blocks.0.resnets.0.conv1 4x4x3x3 bias
      down_blocks.0.resnets.0.time_emb_proj 4x16 bias
      down_blocks.0.resnets.0.norm2 4 bias
      down_blocks.0.resnets.0.conv2 4x4x3x3 bias
      down_blocks.0.attentions.0.norm 4 bias
      down_blocks.0.attentions.0.proj_in 4x4x1x1 bias
      down_blocks.0.attentions.0.transformer_blocks.0.norm1 4 bias
      down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q 4x4
      down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_k 4x4
      down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_v 4x4
      down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0 4x4 bias
      down_blocks.0.attentions.0.transformer_blocks.0.norm2 4 bias
      down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_q 4x4
      down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k 4x6
      down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_v 4x6
      down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_out.0 4x4 bias
      down_blocks.0.attentions.0.transformer_blocks.0.norm3 4 bias
      down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj 32x4 bias
      down_blocks.0.attentions.0.transformer_blocks.0.ff.net.2 4x16 bias
      down_blocks.0.attentions.0.proj_out 4x4x1x1 bias
      down_blocks.0.downsamplers.0.conv 4x4x3x3 bias
      down_blocks.1.resnets.0.norm1 4 bias
      down_blocks.1.resnets.0.conv1 8x4x3x3 bias
      down_blocks.1.resnets.0.time_emb_proj 8x16 bias
      down_blocks.1.resnets.0.norm2 8 bias
      down_blocks.1.resnets.0.conv2 8x8x3x3 bias
      down_blocks.1.resnets.0.conv_shortcut 8x4x1x1 bias
      mid_block.resnets.0.norm1 8 bias
      mid_block.resnets.0.conv1 8x8x3x3 bias
      mid_block.resnets.0.time_emb_proj 8x16 bias
      mid_block.resnets.0.norm2 8 bias
      mid_block.resnets.0.conv2 8x8x3x3 bias
      mid_block.resnets.1.norm1 8 bias
      mid_block.resnets.1.conv1 8x8x3x3 bias
      mid_block.resnets.1.time_emb_proj 8x16 bias
      mid_block.resnets.1.norm2 8 bias
      mid_block.resnets.1.conv2 8x8x3x3 bias
      up_blocks.0.resnets.0.norm1 16 bias
      up_blocks.0.resnets.0.conv1 8x16x3x3 bias
      up_blocks.0.resnets.0.time_emb_proj 8x16 bias
      up_blocks.0.resnets.0.norm2 8 bias
      up_blocks.0.resnets.0.conv2 8x8x3x3 bias
      up_blocks.0.resnets.0.conv_shortcut 8x16x1x1 bias
      up_blocks.0.resnets.1.norm1 12 bias
      up_blocks.0.resnets.1.conv1 8x12x3x3 bias
      up_blocks.0.resnets.1.time_emb_proj 8x16 bias
      up_blocks.0.resnets.1.norm2 8 bias
      up_blocks.0.resnets.1.conv2 8x8x3x3 bias
      up_blocks.0.resnets.1.conv_shortcut 8x12x1x1 bias
      up_blocks.0.upsamplers.0.conv 8x8x3x3 bias
      up_blocks.1.resnets.0.norm1 12 bias
      up_blocks.1.resnets.0.conv1 4x12x3x3 bias
      up_blocks.1.resnets.0.time_emb_proj 4x16 bias
      up_blocks.1.resnets.0.norm2 4 bias
      up_blocks.1.resnets.0.conv2 4x4x3x3 bias
      up_blocks.1.resnets.0.conv_shortcut 4x12x1x1 bias
      up_blocks.1.resnets.1.norm1 8 bias
      up_blocks.1.resnets.1.conv1 4x8x3x3 bias
      up_blocks.1.resnets.1.time_emb_proj 4x16 bias
      up_blocks.1.resnets.1.norm2 4 bias
      up_blocks.1.resnets.1.conv2 4x4x3x3 bias
      up_blocks.1.resnets.1.conv_shortcut 4x8x1x1 bias
      conv_norm_out 4 bias
      conv_out 4x4x3x3 bias"
    `);
    expect(lines.filter((line) => /attn2\.to_k \dx6$/.test(line))).toHaveLength(4);
  });

  it('comes back to the size of its input where halving was not exact', () => {
    expect(unetOf(unet, 7, 9).shape).toEqual([1, 4, 7, 9]);
  });

  it('names the file and the block that it does not have', () => {
    const config = { ...unet, down_block_types: ['DownBlock2D', 'AttnDownBlock2D'] };
    expect(() => unetOf(config)).toThrow(/^unet\/config\.json: down_block_types\.1: .*DownBlock2D/);
  });

  it.each([
    { class_embed_type: 'timestep' },
    { only_cross_attention: [false, true] },
    { num_class_embeds: 1000 },
    { conv_in_kernel: 1 },
  ])('refuses what it would have to ignore: %j', (option) => {
    expect(() => unetOf({ ...unet, ...option })).toThrow(
      `unet/config.json: ${Object.keys(option)[0]}`,
    );
  });

  it('asks for the conditions of SDXL', () => {
    expect(() => unetOf({ ...unet, addition_embed_type: 'text_time' })).toThrow('pooled text');
  });

  it('refuses as many blocks as it has no widths for', () => {
    expect(() => unetOf({ ...unet, block_out_channels: [4] })).toThrow(
      'the U-Net has 1 widths, 2 down blocks and 2 up blocks',
    );
  });
});

/** Numbers that need no generator: sines, beginning anew for each tensor. */
function wave(start: number, shape: readonly number[], scale = 1): Tensor<'float32'> {
  const values = Array.from(
    { length: sizeOf(shape) },
    (_, i) => scale * Math.sin(1 + start + 0.7 * i),
  );
  return float32(shape, values);
}

it("gives diffusers' numbers for SDXL's layout, with the guidance embedding of a distilled network", async () => {
  const config = parseConfig(
    unetConfig,
    {
      in_channels: 2,
      out_channels: 2,
      block_out_channels: [4, 8],
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
      layers_per_block: 1,
      norm_num_groups: 2,
      cross_attention_dim: 6,
      attention_head_dim: [1, 2],
      use_linear_projection: true,
      transformer_layers_per_block: [1, 2],
      addition_embed_type: 'text_time',
      addition_time_embed_dim: 4,
      projection_class_embeddings_input_dim: 29,
      time_cond_proj_dim: 3,
    },
    'unet/config.json',
  );
  const given = {
    sample: wave(1, [1, 2, 4, 4]),
    timestep: float32([1], [321]),
    text: wave(2, [1, 3, 6]),
    guidance: wave(3, [1, 3]),
    pooledText: wave(4, [1, 5]),
    timeIds: float32([1, 6], [64, 48, 0, 8, 64, 64]),
  };
  const scope = Scope.root();
  const output = unet2dCondition(scope, config, {
    sample: input('sample', 'float32', [1, 2, 4, 4]),
    timestep: input('timestep', 'float32', [1]),
    text: input('text', 'float32', [1, 3, 6]),
    guidance: input('guidance', 'float32', [1, 3]),
    pooledText: input('pooledText', 'float32', [1, 5]),
    timeIds: input('timeIds', 'float32', [1, 6]),
  });
  const { parameters } = scope.declared;
  const weights = [...parameters.keys()]
    .sort()
    .map((name, n): [string, Tensor] => [name, wave(n, parameters.get(name)!.shape, 0.5)]);
  const results = await evaluate({ output }, { ...Object.fromEntries(weights), ...given });
  // UNet2DConditionModel of diffusers 0.42.1 in double precision: every fourth element.
  const expected = [1.41614, -0.67224, 0.30289, 0.19626, 1.10867, -0.99847, -0.07047, -0.08844];
  const data = results['output'].data as Float32Array;
  expected.forEach((value, i) => expect(data[4 * i]).toBeCloseTo(value, 4));
});
