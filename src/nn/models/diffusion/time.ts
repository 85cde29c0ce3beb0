import { silu } from '../../../graph/functions/activations.ts';
import { scaledDotProductAttention } from '../../../graph/functions/attention.ts';
import { add, mul } from '../../../graph/ops/binary/ops.ts';
import { cos, sin } from '../../../graph/ops/elementwise/ops.ts';
import { concat } from '../../../graph/ops/movement/join-ops.ts';
import { reshape, unsqueeze } from '../../../graph/ops/movement/shape-ops.ts';
import { reduceMean } from '../../../graph/ops/reduction/ops.ts';
import { constant, type Value } from '../../../graph/value.ts';
import { float32 } from '../../../tensor/tensor.ts';
import { joinHeads, splitHeads } from '../../layers/attention.ts';
import { layerNorm, linear } from '../../layers/basic.ts';
import { normal, type Scope } from '../../scope.ts';

export interface TimeProjection {
  readonly channels: number;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
}

/** Sines and cosines of the time steps [B] at `channels / 2` frequencies, [B, channels]. */
export function timeProjection(timestep: Value, options: TimeProjection): Value {
  const { channels, flipSinToCos, freqShift } = options;
  const half = channels / 2;
  const frequencies = Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(-Math.log(10000) * i) / (half - freqShift))),
  );
  const angles = mul(unsqueeze(timestep, [1]), constant(float32([1, half], frequencies)));
  return concat(flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1);
}

/**
 * TimestepEmbedding of diffusers: [B, channels] to [B, width].
 *
 * @param condition [B, D], added to what is embedded.
 */
export function timestepEmbedding(
  scope: Scope,
  projected: Value,
  width: number,
  condition?: Value,
): Value {
  const channels = Number(projected.shape[1]);
  const told = condition
    ? add(projected, linear(scope.within('cond_proj'), condition, channels, { bias: false }))
    : projected;
  const hidden = silu(linear(scope.within('linear_1'), told, width));
  return linear(scope.within('linear_2'), hidden, width);
}

/** TextTimeEmbedding of diffusers: the text [B, S, D], pooled by attention, as [B, width]. */
export function textTimeEmbedding(scope: Scope, text: Value, width: number, heads: number): Value {
  const normalised = layerNorm(scope.within('norm1'), text);
  const pooled = attentionPooling(scope.within('pool'), normalised, heads);
  return layerNorm(scope.within('norm2'), linear(scope.within('proj'), pooled, width));
}

/** The mean of the tokens, plus a learnt position, attends to itself and to all tokens: [B, D]. */
function attentionPooling(scope: Scope, x: Value, heads: number): Value {
  const [batch, , width] = x.shape;
  const position = scope.parameter(
    'positional_embedding',
    [1, Number(width)],
    normal(1 / Math.sqrt(Number(width))),
  );
  const classToken = add(reduceMean(x, { axes: [1], keepdims: true }), position); // [B, 1, D]
  const tokens = concat([classToken, x], 1); // [B, 1 + S, D]
  const projection = (name: string, value: Value): Value =>
    splitHeads(linear(scope.within(name), value, Number(width)), heads);
  const attended = scaledDotProductAttention(
    projection('q_proj', classToken),
    projection('k_proj', tokens),
    projection('v_proj', tokens),
  );
  return reshape(joinHeads(attended), [batch, width]);
}
