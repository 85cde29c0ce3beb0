import { add, mul } from '../../../graph/ops/binary/ops.ts';
import { gelu } from '../../../graph/ops/elementwise/ops.ts';
import { chunk } from '../../../graph/ops/movement/join-ops.ts';
import { reshape, transpose } from '../../../graph/ops/movement/shape-ops.ts';
import type { Value } from '../../../graph/value.ts';
import { multiHeadAttention } from '../../layers/attention.ts';
import { conv2d, groupNorm, layerNorm, linear } from '../../layers/basic.ts';
import type { Scope } from '../../scope.ts';

export interface TransformerOptions {
  readonly heads: number;
  readonly groups: number;
  /** Blocks one after another. */
  readonly layers: number;
  /** Projections in and out as linear layers instead of 1x1 convolutions. */
  readonly linearProjection: boolean;
}

/**
 * Transformer2DModel of diffusers: self-attention over the places, cross-attention to the text.
 *
 * @param x [B, C, H, W]
 * @param context [B, S, D]
 */
export function spatialTransformer(
  scope: Scope,
  x: Value,
  context: Value,
  { heads, groups, layers, linearProjection }: TransformerOptions,
): Value {
  const width = Number(x.shape[1]);
  const normalised = groupNorm(scope.within('norm'), x, groups, 1e-6);
  const project = (at: Scope, value: Value): Value => conv2d(at, value, width, { kernel: 1 });
  let h = linearProjection
    ? linear(scope.within('proj_in'), toTokens(normalised), width)
    : toTokens(project(scope.within('proj_in'), normalised)); // [B, H * W, C]
  for (let i = 0; i < layers; i++) {
    h = block(scope.within(`transformer_blocks.${i}`), h, context, heads);
  }
  const out = linearProjection
    ? toPlaces(linear(scope.within('proj_out'), h, width), x)
    : project(scope.within('proj_out'), toPlaces(h, x));
  return add(out, x);
}

/** [B, C, H, W] as [B, H * W, C]. */
function toTokens(x: Value): Value {
  const [batch, channels, height, width] = x.shape;
  return reshape(transpose(x, [0, 2, 3, 1]), [batch, Number(height) * Number(width), channels]);
}

/** [B, H * W, C] as [B, C, H, W], sized as `like`. */
function toPlaces(tokens: Value, like: Value): Value {
  const [batch, channels, height, width] = like.shape;
  return transpose(reshape(tokens, [batch, height, width, channels]), [0, 3, 1, 2]);
}

function block(scope: Scope, x: Value, context: Value, heads: number): Value {
  const own = layerNorm(scope.within('norm1'), x);
  const h = add(x, attention(scope.within('attn1'), own, own, heads));
  const crossed = attention(
    scope.within('attn2'),
    layerNorm(scope.within('norm2'), h),
    context,
    heads,
  );
  const g = add(h, crossed);
  return add(g, feedForward(scope.within('ff.net'), layerNorm(scope.within('norm3'), g)));
}

function attention(scope: Scope, x: Value, context: Value, heads: number): Value {
  const width = Number(x.shape.at(-1));
  const projection = (name: string, value: Value): Value =>
    linear(scope.within(name), value, width, { bias: false });
  const attended = multiHeadAttention(
    projection('to_q', x),
    projection('to_k', context),
    projection('to_v', context),
    heads,
  );
  return linear(scope.within('to_out.0'), attended, width);
}

/** GEGLU (arXiv 2002.05202), four times as wide inside. */
function feedForward(scope: Scope, x: Value): Value {
  const width = Number(x.shape.at(-1));
  const [value, gate] = chunk(linear(scope.within('0.proj'), x, 8 * width), 2, -1);
  return linear(scope.within('2'), mul(value, gelu(gate)), width);
}
