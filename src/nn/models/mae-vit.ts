import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { gelu } from '../../graph/ops/elementwise/ops.ts';
import { chunk, slice } from '../../graph/ops/movement/join-ops.ts';
import { reduceMean } from '../../graph/ops/reduction/ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf, positive } from '../config.ts';
import { multiHeadAttention } from '../layers/attention.ts';
import { dropPath, dropPathRates, layerNorm, linear, tokenAt } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';
import { placedTokens, projectPatches } from './vit-embeddings.ts';
import { vitConfig, type ViTConfig } from './vit.ts';

/** The vision transformer of timm and of MAE's fine-tuning (arXiv 2111.06377). */
export const maeVitConfig = z.object({
  image: positive,
  patch: positive,
  width: positive,
  depth: positive,
  heads: positive,
  /** Width of the hidden layer of a block over that of the block. */
  ratio: z.number().positive(),
  classes: positive,
  /** Mean of the patches, then `fc_norm`; otherwise the class token after `norm`. */
  global_pool: z.boolean(),
  qkv_bias: z.boolean().default(true),
  /** Drop path of the last block; it grows linearly from zero at the first. */
  drop_path: z.number().min(0).max(1).default(0),
});
export type MaeVitConfig = z.output<typeof maeVitConfig>;

/**
 * MAE's fine-tuned network as a `config.json` has it: the fields of transformers' ViTConfig, of a
 * network that transformers does not have.
 */
export const meanPooledVitConfig = vitConfig.extend({
  hidden_act: z.literal('gelu').default('gelu'),
  layer_norm_eps: z.literal(1e-6).default(1e-6),
});

/** x is [B, 3, H, W], of the configuration's size. */
export function meanPooledVit(
  scope: Scope,
  config: ViTConfig,
  x: Value,
  { dropPath: rate = 0 }: ClassifierOptions = {},
): ClassifierOutput {
  const shape = {
    image: config.image_size,
    patch: config.patch_size,
    width: config.hidden_size,
    depth: config.num_hidden_layers,
    heads: config.num_attention_heads,
    ratio: config.intermediate_size / config.hidden_size,
    classes: labelsOf(config).length,
    qkv_bias: config.qkv_bias,
  };
  return maeVit(scope, { ...shape, global_pool: true, drop_path: rate }, x);
}

const epsilon = 1e-6;
const init = normal(0.02);

/** x is [B, 3, H, W]. */
export function maeVit(scope: Scope, config: MaeVitConfig, x: Value): ClassifierOutput {
  const { width, patch, image, depth } = config;
  const layout = { hidden_size: width, patch_size: patch };
  const { tokens } = projectPatches(scope.within('patch_embed.proj'), layout, x);
  const count = Math.floor(image / patch) ** 2;
  const classToken = scope.parameter('cls_token', [1, 1, width], init);
  const positions = scope.parameter('pos_embed', [1, count + 1, width], init);
  let h = placedTokens(classToken, tokens, positions);
  const hidden = [h];
  for (const [i, rate] of dropPathRates(config.drop_path, depth).entries()) {
    h = block(scope.within(`blocks.${i}`), config, h, rate);
    hidden.push(h);
  }
  const features = config.global_pool
    ? layerNorm(
        scope.within('fc_norm'),
        reduceMean(slice(h, { axis: 1, start: 1 }), { axes: [1] }),
        epsilon,
      )
    : tokenAt(layerNorm(scope.within('norm'), h, epsilon), 0);
  return {
    logits: linear(scope.within('head'), features, config.classes, { init }),
    features,
    hidden,
  };
}

function block(scope: Scope, config: MaeVitConfig, x: Value, rate: number): Value {
  const { width, heads, ratio } = config;
  const qkv = linear(
    scope.within('attn.qkv'),
    layerNorm(scope.within('norm1'), x, epsilon),
    3 * width,
    { init, bias: config.qkv_bias },
  );
  const [q, k, v] = chunk(qkv, 3, 2);
  const attended = linear(scope.within('attn.proj'), multiHeadAttention(q, k, v, heads), width, {
    init,
  });
  const h = add(x, dropPath(scope.within('drop_path1'), attended, rate));
  const wide = linear(
    scope.within('mlp.fc1'),
    layerNorm(scope.within('norm2'), h, epsilon),
    Math.round(width * ratio),
    { init },
  );
  const narrow = linear(scope.within('mlp.fc2'), gelu(wide), width, {
    init,
  });
  return add(h, dropPath(scope.within('drop_path2'), narrow, rate));
}
