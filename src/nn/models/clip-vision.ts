import { z } from 'zod';
import { reshape } from '../../graph/ops/movement/shape-ops.ts';
import type { Value } from '../../graph/value.ts';
import { layers, positive } from '../config.ts';
import { layerNorm, linear, tokenAt } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import { clipEncoder } from './clip-encoder.ts';
import { placedTokens, projectPatches } from './vit-embeddings.ts';

/** transformers' CLIPVisionConfig. */
export const clipVisionConfig = z.object({
  hidden_size: positive.default(768),
  intermediate_size: positive.default(3072),
  num_hidden_layers: layers.default(12),
  num_attention_heads: positive.default(12),
  num_channels: positive.default(3),
  image_size: positive.default(224),
  patch_size: positive.default(32),
  hidden_act: z.string().default('quick_gelu'),
  layer_norm_eps: z.number().default(1e-5),
  projection_dim: positive.default(512),
});
export type ClipVisionConfig = z.output<typeof clipVisionConfig>;

export interface ClipVisionOutput {
  /** Before the final norm, [B, 1 + P, D]: the class token, then the patches. */
  readonly lastHiddenState: Value;
  /** The class token after the final norm, [B, D]. */
  readonly pooled: Value;
  /** The embeddings after their norm, then what comes out of each layer. */
  readonly hidden: readonly Value[];
}

const init = normal(0.02);

/** CLIPVisionModel of transformers (arXiv 2103.00020); x is [B, C, H, W]. */
export function clipVision(scope: Scope, config: ClipVisionConfig, x: Value): ClipVisionOutput {
  const { layer_norm_eps: epsilon } = config;
  const embedded = embeddings(scope.within('embeddings'), config, x);
  // The checkpoints have it misspelt.
  const normalised = layerNorm(scope.within('pre_layrnorm'), embedded, epsilon);
  const hidden = clipEncoder(scope.within('encoder'), config, normalised);
  const lastHiddenState = hidden.at(-1)!;
  const pooled = layerNorm(scope.within('post_layernorm'), tokenAt(lastHiddenState, 0), epsilon);
  return { lastHiddenState, pooled, hidden };
}

/** CLIPVisionModelWithProjection: `embeds` is [B, projection_dim]. */
export function clipVisionWithProjection(
  scope: Scope,
  config: ClipVisionConfig,
  x: Value,
): ClipVisionOutput & { readonly embeds: Value } {
  const output = clipVision(scope.within('vision_model'), config, x);
  const at = scope.within('visual_projection');
  const embeds = linear(at, output.pooled, config.projection_dim, { bias: false, init });
  return { ...output, embeds };
}

function embeddings(scope: Scope, config: ClipVisionConfig, x: Value): Value {
  const { hidden_size: width, patch_size: patch, image_size: size } = config;
  const classToken = scope.parameter('class_embedding', [width], init);
  const { tokens } = projectPatches(scope.within('patch_embedding'), config, x, { bias: false });
  const count = Math.floor(size / patch) ** 2;
  const positions = scope.parameter('position_embedding.weight', [count + 1, width], init);
  return placedTokens(reshape(classToken, [1, 1, width]), tokens, positions);
}
