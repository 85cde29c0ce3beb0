import { add } from '../ops/binary/ops.ts';
import { matmul } from '../ops/matmul/ops.ts';
import { matrixTranspose } from '../ops/movement/shape-ops.ts';
import type { Value } from '../value.ts';

/** x W^T + b, with W [out, in] as PyTorch stores it and x [..., in]. */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const product = matmul(x, matrixTranspose(weight)); // [..., out]
  return bias ? add(product, bias) : product;
}
