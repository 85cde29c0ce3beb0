import {
  scaledDotProductAttention,
  type AttentionOptions,
} from '../../graph/functions/attention.ts';
import { reshape, transpose } from '../../graph/ops/movement/shape-ops.ts';
import type { Value } from '../../graph/value.ts';

/** [B, T, H * D] as [B, H, T, D]. */
export function splitHeads(x: Value, heads: number): Value {
  const [batch, length, width] = x.shape;
  return transpose(reshape(x, [batch, length, heads, Number(width) / heads]), [0, 2, 1, 3]);
}

/** [B, H, T, D] as [B, T, H * D]. */
export function joinHeads(x: Value): Value {
  const [batch, heads, length, size] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, Number(heads) * Number(size)]);
}

/** Attention of several heads; q is [B, T, H * D], k and v are [B, S, H * D]. */
export function multiHeadAttention(
  q: Value,
  k: Value,
  v: Value,
  heads: number,
  options: AttentionOptions = {},
): Value {
  const [qs, ks, vs] = [q, k, v].map((x) => splitHeads(x, heads));
  return joinHeads(scaledDotProductAttention(qs, ks, vs, options)); // [B, T, H * D]
}
