import { add } from '../../graph/ops/binary/ops.ts';
import type { Value } from '../../graph/value.ts';
import { activationNamed } from '../layers/activations.ts';
import { multiHeadAttention } from '../layers/attention.ts';
import { dropPath, dropPathRates, layerNorm, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';

/** What the encoders of ViT, DeiT and ViT-MAE, and the latter's decoder, have in common. */
export interface ViTEncoderConfig {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly hidden_act: string;
  readonly layer_norm_eps: number;
  readonly qkv_bias: boolean;
}

const init = normal(0.02);

/**
 * ViTEncoder of transformers (arXiv 2010.11929): x [B, T, D], then what comes out of each layer.
 *
 * @param rate drop path of the last layer; it grows in a line from zero at the first.
 */
export function vitEncoder(
  scope: Scope,
  config: ViTEncoderConfig,
  x: Value,
  rate = 0,
): readonly [Value, ...Value[]] {
  const hidden: [Value, ...Value[]] = [x];
  for (const [i, dropped] of dropPathRates(rate, config.num_hidden_layers).entries()) {
    hidden.push(encoderLayer(scope.within(`layer.${i}`), config, hidden.at(-1)!, dropped));
  }
  return hidden;
}

function encoderLayer(scope: Scope, config: ViTEncoderConfig, x: Value, rate: number): Value {
  const { hidden_size: width, num_attention_heads: heads, layer_norm_eps: epsilon } = config;
  const before = layerNorm(scope.within('layernorm_before'), x, epsilon);
  const [q, k, v] = ['query', 'key', 'value'].map((name) =>
    linear(scope.within(`attention.attention.${name}`), before, width, {
      bias: config.qkv_bias,
      init,
    }),
  );
  const attended = multiHeadAttention(q, k, v, heads); // [B, T, D]
  const output = linear(scope.within('attention.output.dense'), attended, width, { init });
  const h = add(x, dropPath(scope.within('drop_path1'), output, rate));
  const after = layerNorm(scope.within('layernorm_after'), h, epsilon);
  const wide = linear(scope.within('intermediate.dense'), after, config.intermediate_size, {
    init,
  });
  const activated = activationNamed(config.hidden_act)(wide);
  const narrow = linear(scope.within('output.dense'), activated, width, { init });
  return add(h, dropPath(scope.within('drop_path2'), narrow, rate));
}
