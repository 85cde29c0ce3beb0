import { expect, test } from 'vitest';
import { input } from '../../graph/value.ts';
import { splitHeads } from '../layers/attention.ts';
import { bertConfig } from './bert.ts';
import { cifarResnetConfig } from './cifar-resnet.ts';
import { clipTextConfig } from './clip-text.ts';
import { clipVisionConfig } from './clip-vision.ts';
import { convNextConfig } from './convnext.ts';
import { autoencoderKlConfig } from './diffusion/autoencoder-kl.ts';
import { autoencoderTinyConfig } from './diffusion/autoencoder-tiny.ts';
import { unetConfig } from './diffusion/unet-2d-condition.ts';
import { distilBertConfig } from './distilbert.ts';
import { mobileNetV2Config } from './mobilenet-v2.ts';
import { resnetUNetConfig } from './resnet-unet.ts';
import { resnetConfig } from './resnet.ts';
import { segformerConfig } from './segformer-encoder.ts';
import { swinConfig } from './swin.ts';
import { vitMaeConfig } from './vit-mae.ts';

const endless = Array.from({ length: 1000 }, () => 8);

// Each would be built layer by layer, for ever.
test.each([
  ['BERT layers', bertConfig, 'num_hidden_layers', 1e9],
  ['DistilBERT layers', distilBertConfig, 'n_layers', 1e9],
  ['MAE decoder layers', vitMaeConfig, 'decoder_num_hidden_layers', 1e9],
  ['CLIP text layers', clipTextConfig, 'num_hidden_layers', 1e9],
  ['CLIP vision layers', clipVisionConfig, 'num_hidden_layers', 1e9],
  ['AutoencoderKL layers', autoencoderKlConfig, 'layers_per_block', 1e9],
  ['AutoencoderKL levels', autoencoderKlConfig, 'block_out_channels', endless],
  ['AutoencoderTiny blocks', autoencoderTinyConfig, 'num_encoder_blocks', [1e9]],
  ['ConvNeXt layers', convNextConfig, 'depths', [1e9]],
  ['ConvNeXt stages', convNextConfig, 'depths', endless],
  ['ResNet layers', resnetConfig, 'depths', [1e9]],
  ['ResNet stages', resnetConfig, 'hidden_sizes', endless],
  ['MobileNetV2 widths', mobileNetV2Config, 'depth_multiplier', 1e9],
  ['SegFormer layers', segformerConfig, 'depths', [1e9]],
  ['SegFormer stages', segformerConfig, 'hidden_sizes', endless],
  ['Swin layers', swinConfig, 'depths', [1e9]],
  ['Swin stages', swinConfig, 'depths', endless],
  ['Swin windows', swinConfig, 'window_size', 1e9],
  ['U-Net layers', unetConfig, 'layers_per_block', 1e9],
  ['U-Net layers of one level', unetConfig, 'layers_per_block', [1, 1e9]],
  ['U-Net transformer layers', unetConfig, 'transformer_layers_per_block', 1e9],
  ['U-Net levels', unetConfig, 'block_out_channels', endless],
])('%s without end are refused', (_, schema, field, value) => {
  const { error } = schema.safeParse({ [field]: value });
  expect(error?.issues.map(({ path }) => path[0])).toContain(field);
});

const stages = { embedding_size: 8, hidden_sizes: [8, 16], layer_type: 'basic', shortcut: 'pad' };

test.each([
  ['ResNet', resnetConfig],
  ['ResNet for CIFAR', cifarResnetConfig],
  ['ResNet as an encoder', resnetUNetConfig],
  ['ConvNeXt', convNextConfig],
])('%s has a depth for each stage', (_, schema) => {
  expect(schema.safeParse({ ...stages, depths: [1, 1] }).success).toBe(true);
  for (const depths of [[1], [1, 1, 1]]) {
    const { error } = schema.safeParse({ ...stages, depths });
    expect(error?.issues).toMatchObject([
      { path: ['depths'], message: 'not as many as hidden_sizes' },
    ]);
  }
});

test('a classifier has a class', () => {
  const { error } = resnetConfig.safeParse({ ...stages, depths: [1, 1], id2label: {} });
  expect(error?.issues).toMatchObject([{ path: ['id2label'], message: 'names no class' }]);
});

test('attention heads share the width', () => {
  expect(() => splitHeads(input('x', 'float32', [1, 4, 10]), 3)).toThrow(
    '3 attention heads for a hidden size of 10',
  );
});
