import { z } from 'zod';
import { relu } from '../../graph/ops/elementwise/ops.ts';
import { concat } from '../../graph/ops/movement/join-ops.ts';
import { maxPool } from '../../graph/ops/pool/ops.ts';
import { resize } from '../../graph/ops/resize/ops.ts';
import type { Value } from '../../graph/value.ts';
import { positive } from '../config.ts';
import { batchNorm2d, conv2d, convTranspose2d } from '../layers/basic.ts';
import type { Scope } from '../scope.ts';
import type { SegmenterOutput } from './segmenter.ts';

/**
 * A U-Net for segmentation. No library has a layout for it, so this is the project's own. It stays
 * beside the others for the tests of many rooms: it is the smallest of networks that give maps.
 */
export const segmentationUNetConfig = z.object({
  /** Of each level, the finest first. */
  channels: z.array(positive).min(1).max(16),
  inputs: positive.default(3),
  classes: positive,
  /** Whether it goes up by transposed convolutions, or else by bilinear interpolation. */
  transposed: z.boolean().default(true),
});
export type SegmentationUNetConfig = z.output<typeof segmentationUNetConfig>;

/**
 * The U-Net of 2015 (arXiv 1505.04597) with padding, so that logits are as large as the picture,
 * and batch norm; x is [B, C, H, W], both sides divisible by 2 to the power of levels - 1.
 */
export function segmentationUNet(
  scope: Scope,
  { channels, ...config }: SegmentationUNetConfig,
  x: Value,
): SegmenterOutput {
  const levels: Value[] = [];
  for (const [i, width] of channels.entries()) {
    const source = i === 0 ? x : maxPool(levels.at(-1)!, { kernel: 2 });
    levels.push(doubleConv(scope.within(`down.${i}`), source, width));
  }
  let h = levels.at(-1)!;
  const hidden = [h];
  for (const [i, skip] of levels.slice(0, -1).reverse().entries()) {
    const width = Number(skip.shape[1]);
    const larger = (config.transposed ? upTransposed : upBilinear)(
      scope.within(`up.${i}`),
      h,
      width,
    );
    h = doubleConv(scope.within(`merge.${i}`), concat([skip, larger], 1), width);
    hidden.push(h);
  }
  return { logits: conv2d(scope.within('out'), h, config.classes, { kernel: 1 }), hidden };
}

/** Two convolutions, each with batch norm and ReLU. */
function doubleConv(scope: Scope, x: Value, out: number): Value {
  return [0, 3].reduce((h, place) => {
    const options = { kernel: 3, padding: 1, bias: false };
    const convolved = conv2d(scope.within(place), h, out, options);
    return relu(batchNorm2d(scope.within(place + 1), convolved));
  }, x);
}

const upTransposed = (scope: Scope, x: Value, out: number): Value =>
  convTranspose2d(scope, x, out, { kernel: 2, stride: 2 });

function upBilinear(scope: Scope, x: Value, out: number): Value {
  return conv2d(scope.within(1), resize(x, { scale: [2, 2], mode: 'linear' }), out, { kernel: 1 });
}
