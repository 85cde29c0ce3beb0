import type { RawConfig } from '../config.ts';
import type { ModelType } from '../models/registry.ts';

const transformer = {
  hidden_size: 4,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 8,
  image_size: 32,
  patch_size: 16,
};

const bodies: Readonly<Record<ModelType, object>> = {
  cifar_resnet: {
    embedding_size: 4,
    hidden_sizes: [4, 8],
    depths: [2, 1],
    layer_type: 'basic',
    shortcut: 'pad',
  },
  convnext: { num_stages: 2, hidden_sizes: [4, 6], depths: [1, 2] },
  deit: { ...transformer, architectures: ['DeiTForImageClassificationWithTeacher'] },
  mae_vit: transformer,
  mobilenet_v2: {
    output_stride: 8,
    depth_multiplier: 0.05,
    depth_divisible_by: 2,
    min_depth: 2,
    expand_ratio: 1,
  },
  resnet: { embedding_size: 4, hidden_sizes: [4, 8], depths: [2, 1], layer_type: 'basic' },
  segformer: {
    num_encoder_blocks: 2,
    hidden_sizes: [4, 6],
    depths: [1, 2],
    num_attention_heads: [1, 2],
    sr_ratios: [2, 1],
    patch_sizes: [7, 3],
    strides: [4, 2],
    mlp_ratios: [2, 2],
  },
  swin: {
    image_size: 32,
    patch_size: 4,
    embed_dim: 4,
    depths: [2, 1],
    num_heads: [1, 2],
    window_size: 2,
  },
  vit: transformer,
};

/** A configuration of every architecture in the registry, for pictures of 32 x 32 and 3 classes. */
export const tinyClassifiers: readonly RawConfig[] = Object.entries(bodies).map(([type, body]) => ({
  model_type: type,
  num_labels: 3,
  ...body,
}));
