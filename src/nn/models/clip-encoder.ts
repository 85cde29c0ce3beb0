import type { AttentionOptions } from '../../graph/functions/attention.ts';
import { add } from '../../graph/ops/binary/ops.ts';
import type { Value } from '../../graph/value.ts';
import { activationNamed } from '../layers/activations.ts';
import { multiHeadAttention } from '../layers/attention.ts';
import { layerNorm, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';

/** What text and vision encoders of CLIP have in common. */
export interface ClipEncoderConfig {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: string;
  readonly layer_norm_eps: number;
}

const init = normal(0.02);

/** CLIPEncoder of transformers: x [B, T, D], then what comes out of each layer. */
export function clipEncoder(
  scope: Scope,
  config: ClipEncoderConfig,
  x: Value,
  attention: AttentionOptions = {},
): readonly [Value, ...Value[]] {
  const hidden: [Value, ...Value[]] = [x];
  for (let i = 0; i < config.num_hidden_layers; i++) {
    hidden.push(layer(scope.within(`layers.${i}`), config, hidden.at(-1)!, attention));
  }
  return hidden;
}

function layer(
  scope: Scope,
  config: ClipEncoderConfig,
  x: Value,
  attention: AttentionOptions,
): Value {
  const { hidden_size: width, layer_norm_eps: epsilon } = config;
  const before = layerNorm(scope.within('layer_norm1'), x, epsilon);
  const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) =>
    linear(scope.within(`self_attn.${name}`), before, width, { init }),
  );
  const attended = multiHeadAttention(q, k, v, config.num_attention_heads, attention);
  const h = add(x, linear(scope.within('self_attn.out_proj'), attended, width, { init }));
  const after = layerNorm(scope.within('layer_norm2'), h, epsilon);
  const wide = linear(scope.within('mlp.fc1'), after, config.intermediate_size, { init });
  const activated = activationNamed(config.hidden_act)(wide);
  return add(h, linear(scope.within('mlp.fc2'), activated, width, { init }));
}
