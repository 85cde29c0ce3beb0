import { relu } from '../../graph/ops/elementwise/ops.ts';
import { concat } from '../../graph/ops/movement/join-ops.ts';
import { reduceMean } from '../../graph/ops/reduction/ops.ts';
import { resize } from '../../graph/ops/resize/ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf } from '../config.ts';
import { batchNorm2d, conv2d, linear } from '../layers/basic.ts';
import type { Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';
import {
  asMap,
  asTokens,
  segformerEncoder,
  segformerInit as init,
  type SegformerConfig,
} from './segformer-encoder.ts';
import type { SegmenterOutput } from './segmenter.ts';

const encoded = (
  scope: Scope,
  config: SegformerConfig,
  x: Value,
  { dropPath }: ClassifierOptions,
): readonly Value[] => segformerEncoder(scope.within('segformer.encoder'), config, x, dropPath);

/** SegformerForImageClassification of transformers; x is [B, C, H, W]. */
export function segformerClassifier(
  scope: Scope,
  config: SegformerConfig,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  const hidden = encoded(scope, config, x, options);
  const features = reduceMean(hidden.at(-1)!, { axes: [2, 3] }); // [B, D]
  const logits = linear(scope.within('classifier'), features, labelsOf(config).length, { init });
  return { logits, features, hidden };
}

/**
 * SegformerForSemanticSegmentation of transformers (arXiv 2105.15203); x is [B, C, H, W], and the
 * logits are as large as the first stage: a quarter of the picture along each side.
 */
export function segformer(
  scope: Scope,
  config: SegformerConfig,
  x: Value,
  options: ClassifierOptions = {},
): SegmenterOutput {
  const hidden = encoded(scope, config, x, options);
  const head = scope.within('decode_head');
  const { decoder_hidden_size: width } = config;
  const [height, length] = hidden[0].shape.slice(2).map(Number);
  const maps = hidden.map((map, stage) => {
    const projected = linear(head.within(`linear_c.${stage}.proj`), asTokens(map), width, { init });
    const grid = map.shape.slice(2).map(Number) as [number, number];
    return resize(asMap(projected, grid), { size: [height, length], mode: 'linear' });
  });
  // The coarsest first, as the authors' code has them.
  const joined = concat(maps.reverse(), 1); // [B, S * D, h, w]
  const fused = conv2d(head.within('linear_fuse'), joined, width, { kernel: 1, bias: false, init });
  const beforeLastRelu = batchNorm2d(head.within('batch_norm'), fused);
  const logits = conv2d(head.within('classifier'), relu(beforeLastRelu), labelsOf(config).length, {
    kernel: 1,
    init,
  });
  return { logits, hidden, beforeLastRelu };
}
