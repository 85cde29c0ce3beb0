import { z } from 'zod';
import type { Value } from '../../graph/value.ts';
import { labelled, labelsOf, layers, positive } from '../config.ts';
import { layerNorm, linear, tokenAt } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';
import { vitEmbeddings } from './vit-embeddings.ts';
import { vitEncoder } from './vit-encoder.ts';

/** transformers' ViTConfig. */
export const vitConfig = z.object({
  ...labelled,
  hidden_size: positive,
  num_hidden_layers: layers,
  num_attention_heads: positive,
  intermediate_size: positive,
  hidden_act: z.string().default('gelu'),
  layer_norm_eps: z.number().default(1e-12),
  image_size: positive,
  patch_size: positive,
  num_channels: positive.default(3),
  qkv_bias: z.boolean().default(true),
});
export type ViTConfig = z.output<typeof vitConfig>;

/** ViTForImageClassification of transformers (arXiv 2010.11929); x is [B, C, H, W]. */
export function vit(
  scope: Scope,
  config: ViTConfig,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  const tokens = vitEmbeddings(scope.within('vit.embeddings'), config, x, ['cls_token']);
  const hidden = vitEncoder(scope.within('vit.encoder'), config, tokens, options.dropPath);
  const last = hidden.at(-1)!; // [B, 1 + P, D]
  const normalised = layerNorm(scope.within('vit.layernorm'), last, config.layer_norm_eps);
  const features = tokenAt(normalised, 0); // [B, D]
  const logits = linear(scope.within('classifier'), features, labelsOf(config).length, {
    init: normal(0.02),
  });
  return { logits, features, hidden };
}
