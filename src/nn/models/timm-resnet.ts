import { z } from 'zod';
import { layers, positive } from '../config.ts';
import type { ResNetConfig } from './resnet.ts';

/** What tells timm's and torchvision's ResNets of one another. */
export const timmResnetConfig = z.object({
  /** Left out where there is no last layer. */
  num_classes: positive.optional(),
  in_chans: positive.default(3),
  block: z.enum(['basic', 'bottleneck']),
  layers: z.array(layers).min(1).max(16),
  /** Width of what each stage gives. */
  channels: z.array(positive).min(1).max(16),
  stem: positive.default(64),
});

/** The same network as transformers' configuration, which `resnet` builds. */
export function resnetOfTimm({
  num_classes: classes,
  ...config
}: z.output<typeof timmResnetConfig>): ResNetConfig {
  return {
    ...(classes === undefined ? {} : { num_labels: classes }),
    num_channels: config.in_chans,
    embedding_size: config.stem,
    hidden_sizes: config.channels,
    depths: config.layers,
    layer_type: config.block,
    hidden_act: 'relu',
    downsample_in_first_stage: false,
    downsample_in_bottleneck: false,
  };
}

/** The two kinds of layers, which have numbers in timm and names in transformers. */
const kinds = { conv: 'convolution', bn: 'normalization', 0: 'convolution', 1: 'normalization' };
type Kind = keyof typeof kinds;

const inBlock = /^layer(\d+)\.(\d+)\.(?:(conv|bn)(\d)|downsample\.([01]))\.(\w+)$/;
const outside = /^(conv|bn)1\.(\w+)$/;

/** A parameter of timm's or torchvision's ResNet under its name in transformers. */
export function resnetNameOfTimm(name: string): string {
  const stem = outside.exec(name);
  if (stem) return `resnet.embedder.embedder.${kinds[stem[1] as Kind]}.${stem[2]}`;
  const match = inBlock.exec(name);
  if (!match) return name.replace(/^fc\./, 'classifier.1.');
  const [, stage, block, kind, place, shortcut, parameter] = match;
  const layer = kind
    ? `layer.${Number(place) - 1}.${kinds[kind as Kind]}`
    : `shortcut.${kinds[shortcut as unknown as Kind]}`;
  return `resnet.encoder.stages.${Number(stage) - 1}.layers.${block}.${layer}.${parameter}`;
}
