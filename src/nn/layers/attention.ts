import { ModelLockError } from '../../base/error.ts';
import {
  scaledDotProductAttention,
  type AttentionOptions,
} from '../../graph/functions/attention.ts';
import { equal } from '../../graph/ops/binary/ops.ts';
import { reshape, transpose, unsqueeze } from '../../graph/ops/movement/shape-ops.ts';
import { constant, type Value } from '../../graph/value.ts';
import { int64 } from '../../tensor/tensor.ts';

/** [..., T, H * D] as [..., H, T, D]. Throws `shape` where the width is no multiple of the heads. */
export function splitHeads(x: Value, heads: number): Value {
  const width = Number(x.shape.at(-1));
  if (width % heads !== 0) {
    throw new ModelLockError('shape', `${heads} attention heads for a hidden size of ${width}`);
  }
  return exchangeHeads(reshape(x, [...x.shape.slice(0, -1), heads, width / heads]));
}

/** [..., H, T, D] as [..., T, H * D]. */
export function joinHeads(x: Value): Value {
  const apart = exchangeHeads(x); // [..., T, H, D]
  const [heads, size] = apart.shape.slice(-2).map(Number);
  return reshape(apart, [...apart.shape.slice(0, -2), heads * size]);
}

/** Exchanges the two axes before the last: heads and positions. */
function exchangeHeads(x: Value): Value {
  const last = x.shape.length - 1;
  const before = Array.from({ length: last - 2 }, (_, axis) => axis);
  return transpose(x, [...before, last - 1, last - 2, last]);
}

/** bool [B, 1, 1, T], true at tokens, of an int64 mask [B, T]: 1 for tokens, 0 for padding. */
export const attendedTokens = (mask: Value): Value =>
  unsqueeze(equal(mask, constant(int64([], [1]))), [1, 2]);

/** Attention of several heads; q is [..., T, H * D], k and v are [..., S, H * D]. */
export function multiHeadAttention(
  q: Value,
  k: Value,
  v: Value,
  heads: number,
  options: AttentionOptions = {},
): Value {
  const [qs, ks, vs] = [q, k, v].map((x) => splitHeads(x, heads));
  return joinHeads(scaledDotProductAttention(qs, ks, vs, options)); // [..., T, H * D]
}
