import { z } from 'zod';
import { relu } from '../../graph/ops/elementwise/ops.ts';
import { concat } from '../../graph/ops/movement/join-ops.ts';
import { resize } from '../../graph/ops/resize/ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf, positive, withEqualStages } from '../config.ts';
import { batchNorm2d, conv2d } from '../layers/basic.ts';
import type { Scope } from '../scope.ts';
import type { ClassifierOptions } from './classifier.ts';
import { resnetConfig, resnetEncoder } from './resnet.ts';
import type { SegmenterOutput } from './segmenter.ts';

/** The `model_type` of these networks. No library has a layout for them. */
export const resnetUNetType = 'resnet_unet';

/** A ResNet of transformers as an encoder, and a decoder of the project's own. */
export const resnetUNetConfig = withEqualStages(
  z.object({
    ...resnetConfig.shape,
    /** Of each level, the coarsest first; the last is half as long as the picture along each side. */
    decoder_sizes: z.array(positive).min(1).max(16).default([128, 64, 48, 32]),
  }),
);
export type ResNetUNetConfig = z.output<typeof resnetUNetConfig>;

/**
 * A U-Net (arXiv 1505.04597) that goes down by a ResNet and up by bilinear interpolation; x is
 * [B, C, H, W], of any size. The encoder's parameters are named as those of the ResNet.
 */
export function resnetUNet(
  scope: Scope,
  config: ResNetUNetConfig,
  x: Value,
  options: ClassifierOptions = {},
): SegmenterOutput {
  const { stem, hidden } = resnetEncoder(scope, config, x, options);
  // What goes into the first stage is as large as what comes out of it, unless that makes it smaller.
  const levels = [stem, ...hidden.slice(config.downsample_in_first_stage ? 0 : 1)];
  const skips = levels.slice(0, -1).reverse();
  const decoder = scope.within('decode_head');
  const maps: Value[] = [];
  let [h, before] = [levels.at(-1)!, levels.at(-1)!];
  for (const [level, width] of config.decoder_sizes.slice(0, skips.length).entries()) {
    const size = skips[level].shape.slice(2).map(Number);
    const larger = resize(h, { size, mode: 'linear' });
    const joined = concat([larger, skips[level]], 1);
    const first = relu(convolved(decoder.within(`levels.${level}.0`), joined, width));
    before = convolved(decoder.within(`levels.${level}.1`), first, width);
    h = relu(before);
    maps.push(h);
  }
  const logits = conv2d(decoder.within('classifier'), h, labelsOf(config).length, { kernel: 1 });
  return { logits, hidden: maps, beforeLastRelu: before };
}

function convolved(scope: Scope, x: Value, out: number): Value {
  const options = { kernel: 3, padding: 1, bias: false };
  return batchNorm2d(
    scope.within('normalization'),
    conv2d(scope.within('convolution'), x, out, options),
  );
}
