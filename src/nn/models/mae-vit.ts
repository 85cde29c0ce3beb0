import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { gelu } from '../../graph/ops/elementwise/ops.ts';
import { chunk, slice } from '../../graph/ops/movement/join-ops.ts';
import { reduceMean } from '../../graph/ops/reduction/ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf } from '../config.ts';
import { multiHeadAttention } from '../layers/attention.ts';
import { dropPath, dropPathRates, layerNorm, linear, tokenAt } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';
import { placedTokens, projectPatches } from './vit-embeddings.ts';
import { vitConfig, type ViTConfig } from './vit.ts';

/**
 * MAE's fine-tuned network (arXiv 2111.06377), which is timm's vision transformer, as a `config.json`
 * has it: the fields of transformers' ViTConfig, of a network that transformers does not have.
 */
export const maeVitConfig = vitConfig.extend({
  hidden_act: z.literal('gelu').default('gelu'),
  layer_norm_eps: z.literal(1e-6).default(1e-6),
});

export interface MaeVitOptions extends ClassifierOptions {
  /** The mean of the patches, then `fc_norm`; or the class token after `norm`. Default: the mean. */
  readonly pooling?: 'mean' | 'token';
}

const epsilon = 1e-6;
const init = normal(0.02);

/** x is [B, C, H, W], of the configuration's size. */
export function maeVit(
  scope: Scope,
  config: ViTConfig,
  x: Value,
  { dropPath: last = 0, pooling = 'mean' }: MaeVitOptions = {},
): ClassifierOutput {
  const { hidden_size: width, image_size: image, patch_size: patch } = config;
  const { tokens } = projectPatches(scope.within('patch_embed.proj'), config, x);
  const count = Math.floor(image / patch) ** 2;
  const classToken = scope.parameter('cls_token', [1, 1, width], init);
  const positions = scope.parameter('pos_embed', [1, count + 1, width], init);
  let h = placedTokens(classToken, tokens, positions);
  const hidden = [h];
  for (const [i, rate] of dropPathRates(last, config.num_hidden_layers).entries()) {
    h = block(scope.within(`blocks.${i}`), config, h, rate);
    hidden.push(h);
  }
  const features =
    pooling === 'mean'
      ? layerNorm(
          scope.within('fc_norm'),
          reduceMean(slice(h, { axis: 1, start: 1 }), { axes: [1] }),
          epsilon,
        )
      : tokenAt(layerNorm(scope.within('norm'), h, epsilon), 0);
  return {
    logits: linear(scope.within('head'), features, labelsOf(config).length, { init }),
    features,
    hidden,
  };
}

function block(scope: Scope, config: ViTConfig, x: Value, rate: number): Value {
  const { hidden_size: width, num_attention_heads: heads, intermediate_size: inner } = config;
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
    inner,
    { init },
  );
  const narrow = linear(scope.within('mlp.fc2'), gelu(wide), width, {
    init,
  });
  return add(h, dropPath(scope.within('drop_path2'), narrow, rate));
}
