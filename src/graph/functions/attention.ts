import { float32 } from '../../tensor/tensor.ts';
import { add, mul, where } from '../ops/binary/ops.ts';
import { matmul } from '../ops/matmul/ops.ts';
import { matrixTranspose } from '../ops/movement/shape-ops.ts';
import { softmax } from '../ops/softmax/ops.ts';
import { constant, shapeOf, type Value } from '../value.ts';

export interface AttentionOptions {
  /** Factor on the scores. Default 1 / sqrt(D). */
  readonly scale?: number;
  /** Each position attends to itself and those before it. */
  readonly causal?: boolean;
  /** bool, broadcast to [..., T, S]: true where a query may attend to a key. */
  readonly mask?: Value;
  /** Added to the scores, broadcast to [..., T, S]. */
  readonly bias?: Value;
}

/** What a score becomes where attention is not allowed; finite, so that no row of them gives NaN. */
const never = -1e9;

/**
 * softmax(q k^T scale + bias) v (arXiv 1706.03762).
 *
 * @param q [..., T, D]
 * @param k [..., S, D]
 * @param v [..., S, E]
 * @returns [..., T, E]
 */
export function scaledDotProductAttention(
  q: Value,
  k: Value,
  v: Value,
  options: AttentionOptions = {},
): Value {
  const { scale = 1 / Math.sqrt(Number(q.shape.at(-1))), causal = false, mask, bias } = options;
  const scores = mul(matmul(q, matrixTranspose(k)), scale); // [..., T, S]
  const biased = bias ? add(scores, bias) : scores;
  const ordered = causal ? add(biased, futureBias(biased)) : biased;
  const allowed = mask ? where(mask, ordered, never) : ordered;
  return matmul(softmax(allowed), v);
}

/** [T, S]: `never` above the diagonal. */
function futureBias(scores: Value): Value {
  const [queries, keys] = shapeOf({ ...scores, shape: scores.shape.slice(-2) });
  const values = Array.from({ length: queries * keys }, (_, i) =>
    i % keys > Math.floor(i / keys) ? never : 0,
  );
  return constant(float32([queries, keys], values));
}
