import { add } from '../../graph/ops/binary/ops.ts';
import type { Value } from '../../graph/value.ts';
import { activationNamed } from '../layers/activations.ts';
import { attendedTokens, multiHeadAttention } from '../layers/attention.ts';
import { layerNorm, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';

/** What the encoders of BERT and DistilBERT have in common. */
export interface PostNormEncoderConfig {
  readonly layers: number;
  readonly heads: number;
  /** Width inside the feed-forward network. */
  readonly inner: number;
  readonly activation: string;
  readonly epsilon: number;
}

/** How a checkpoint calls the parts of a layer. */
export interface PostNormLayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attended: string;
  readonly attentionNorm: string;
  readonly wide: string;
  readonly narrow: string;
  readonly norm: string;
}

const init = normal(0.02);

/**
 * A transformer as it was first written (arXiv 1706.03762), with norms after the sums:
 * x [B, T, D], then what comes out of each layer.
 *
 * @param mask int64 [B, T], 1 for tokens and 0 for padding.
 */
export function postNormEncoder(
  scope: Scope,
  names: PostNormLayerNames,
  config: PostNormEncoderConfig,
  x: Value,
  mask?: Value,
): readonly [Value, ...Value[]] {
  const attended = mask && attendedTokens(mask);
  const hidden: [Value, ...Value[]] = [x];
  for (let i = 0; i < config.layers; i++) {
    hidden.push(layer(scope.within(`layer.${i}`), names, config, hidden.at(-1)!, attended));
  }
  return hidden;
}

function layer(
  scope: Scope,
  names: PostNormLayerNames,
  { heads, inner, activation, epsilon }: PostNormEncoderConfig,
  x: Value,
  mask: Value | undefined,
): Value {
  const width = Number(x.shape[2]);
  const project = (name: string, of: Value, out: number): Value =>
    linear(scope.within(name), of, out, { init });
  const [q, k, v] = [names.query, names.key, names.value].map((name) => project(name, x, width));
  const attended = project(names.attended, multiHeadAttention(q, k, v, heads, { mask }), width);
  const h = layerNorm(scope.within(names.attentionNorm), add(x, attended), epsilon);
  const activated = activationNamed(activation)(project(names.wide, h, inner));
  return layerNorm(
    scope.within(names.norm),
    add(h, project(names.narrow, activated, width)),
    epsilon,
  );
}
