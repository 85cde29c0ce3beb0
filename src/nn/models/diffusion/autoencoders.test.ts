import { describe, expect, it, test } from 'vitest';
import { input } from '../../../graph/value.ts';
import { built } from '../../testing/layout.ts';
import { autoencoderKlConfig, currentName, decodeKl, encodeKl } from './autoencoder-kl.ts';
import { autoencoderTinyConfig, decodeTiny, encodeTiny } from './autoencoder-tiny.ts';

const image = input('image', 'float32', [1, 3, 16, 16]);
const latents = input('latents', 'float32', [1, 4, 8, 8]);

describe('parameters have the names and shapes of published checkpoints', () => {
  it('AutoencoderKL', () => {
    const config = autoencoderKlConfig.parse({
      block_out_channels: [4, 8],
      down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
      up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
      norm_num_groups: 2,
    });
    const encoder = built((scope) => encodeKl(scope, config, image).mean);
    expect(encoder.shape).toEqual([1, 4, 8, 8]);
    expect(encoder.layout).toMatchInlineSnapshot(`
      "encoder.conv_in 4x3x3x3 bias
      encoder.down_blocks.0.resnets.0.norm1 4 bias
      encoder.down_blocks.0.resnets.0.conv1 4x4x3x3 bias
      encoder.down_blocks.0.resnets.0.norm2 4 bias
      encoder.down_blocks.0.resnets.0.conv2 4x4x3x3 bias
      encoder.down_blocks.0.downsamplers.0.conv 4x4x3x3 bias
      encoder.down_blocks.1.resnets.0.norm1 4 bias
      encoder.down_blocks.1.resnets.0.conv1 8x4x3x3 bias
      encoder.down_blocks.1.resnets.0.norm2 8 bias
      encoder.down_blocks.1.resnets.0.conv2 8x8x3x3 bias
      encoder.down_blocks.1.resnets.0.conv_shortcut 8x4x1x1 bias
      encoder.mid_block.resnets.0.norm1 8 bias
      encoder.mid_block.resnets.0.conv1 8x8x3x3 bias
      encoder.mid_block.resnets.0.norm2 8 bias
      encoder.mid_block.resnets.0.conv2 8x8x3x3 bias
      encoder.mid_block.attentions.0.group_norm 8 bias
      encoder.mid_block.attentions.0.to_q 8x8 bias
      encoder.mid_block.attentions.0.to_k 8x8 bias
      encoder.mid_block.attentions.0.to_v 8x8 bias
      encoder.mid_block.attentions.0.to_out.0 8x8 bias
      encoder.mid_block.resnets.1.norm1 8 bias
      encoder.mid_block.resnets.1.conv1 8x8x3x3 bias
      encoder.mid_block.resnets.1.norm2 8 bias
      encoder.mid_block.resnets.1.conv2 8x8x3x3 bias
      encoder.conv_norm_out 8 bias
      encoder.conv_out 8x8x3x3 bias
      quant_conv 8x8x1x1 bias"
    `);
    const decoder = built((scope) => decodeKl(scope, config, latents));
    expect(decoder.shape).toEqual([1, 3, 16, 16]);
    expect(decoder.layout).toMatchInlineSnapshot(`
      "post_quant_conv 4x4x1x1 bias
      decoder.conv_in 8x4x3x3 bias
      decoder.mid_block.resnets.0.norm1 8 bias
      decoder.mid_block.resnets.0.conv1 8x8x3x3 bias
      decoder.mid_block.resnets.0.norm2 8 bias
      decoder.mid_block.resnets.0.conv2 8x8x3x3 bias
      decoder.mid_block.attentions.0.group_norm 8 bias
      decoder.mid_block.attentions.0.to_q 8x8 bias
      decoder.mid_block.attentions.0.to_k 8x8 bias
      decoder.mid_block.attentions.0.to_v 8x8 bias
      decoder.mid_block.attentions.0.to_out.0 8x8 bias
      decoder.mid_block.resnets.1.norm1 8 bias
      decoder.mid_block.resnets.1.conv1 8x8x3x3 bias
      decoder.mid_block.resnets.1.norm2 8 bias
      decoder.mid_block.resnets.1.conv2 8x8x3x3 bias
      decoder.up_blocks.0.resnets.0.norm1 8 bias
      decoder.up_blocks.0.resnets.0.conv1 8x8x3x3 bias
      decoder.up_blocks.0.resnets.0.norm2 8 bias
      decoder.up_blocks.0.resnets.0.conv2 8x8x3x3 bias
      decoder.up_blocks.0.resnets.1.norm1 8 bias
      decoder.up_blocks.0.resnets.1.conv1 8x8x3x3 bias
      decoder.up_blocks.0.resnets.1.norm2 8 bias
      decoder.up_blocks.0.resnets.1.conv2 8x8x3x3 bias
      decoder.up_blocks.0.upsamplers.0.conv 8x8x3x3 bias
      decoder.up_blocks.1.resnets.0.norm1 8 bias
      decoder.up_blocks.1.resnets.0.conv1 4x8x3x3 bias
      decoder.up_blocks.1.resnets.0.norm2 4 bias
      decoder.up_blocks.1.resnets.0.conv2 4x4x3x3 bias
      decoder.up_blocks.1.resnets.0.conv_shortcut 4x8x1x1 bias
      decoder.up_blocks.1.resnets.1.norm1 4 bias
      decoder.up_blocks.1.resnets.1.conv1 4x4x3x3 bias
      decoder.up_blocks.1.resnets.1.norm2 4 bias
      decoder.up_blocks.1.resnets.1.conv2 4x4x3x3 bias
      decoder.conv_norm_out 4 bias
      decoder.conv_out 3x4x3x3 bias"
    `);
  });

  it('AutoencoderTiny', () => {
    const config = autoencoderTinyConfig.parse({
      encoder_block_out_channels: [4, 4],
      decoder_block_out_channels: [4, 4],
      num_encoder_blocks: [1, 1],
      num_decoder_blocks: [1, 1],
    });
    const encoder = built((scope) => encodeTiny(scope, config, image));
    expect(encoder.shape).toEqual([1, 4, 8, 8]);
    expect(encoder.layout).toMatchInlineSnapshot(`
      "encoder.layers.0 4x3x3x3 bias
      encoder.layers.1.conv.0 4x4x3x3 bias
      encoder.layers.1.conv.2 4x4x3x3 bias
      encoder.layers.1.conv.4 4x4x3x3 bias
      encoder.layers.2 4x4x3x3
      encoder.layers.3.conv.0 4x4x3x3 bias
      encoder.layers.3.conv.2 4x4x3x3 bias
      encoder.layers.3.conv.4 4x4x3x3 bias
      encoder.layers.4 4x4x3x3 bias"
    `);
    const decoder = built((scope) => decodeTiny(scope, config, latents));
    expect(decoder.shape).toEqual([1, 3, 16, 16]);
    expect(decoder.layout).toMatchInlineSnapshot(`
      "decoder.layers.0 4x4x3x3 bias
      decoder.layers.2.conv.0 4x4x3x3 bias
      decoder.layers.2.conv.2 4x4x3x3 bias
      decoder.layers.2.conv.4 4x4x3x3 bias
      decoder.layers.4 4x4x3x3
      decoder.layers.5.conv.0 4x4x3x3 bias
      decoder.layers.5.conv.2 4x4x3x3 bias
      decoder.layers.5.conv.4 4x4x3x3 bias
      decoder.layers.6 3x4x3x3 bias"
    `);
  });
});

test('currentName renames the attention of 2022 and nothing else', () => {
  expect(currentName('decoder.mid_block.attentions.0.proj_attn.bias')).toBe(
    'decoder.mid_block.attentions.0.to_out.0.bias',
  );
  expect(currentName('encoder.mid_block.attentions.0.query.weight')).toBe(
    'encoder.mid_block.attentions.0.to_q.weight',
  );
  expect(currentName('encoder.conv_in.weight')).toBe('encoder.conv_in.weight');
});
