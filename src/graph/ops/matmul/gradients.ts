import { unbroadcast, type GradientRules } from '../../autodiff/rule.ts';
import type { Value } from '../../value.ts';
import { mul } from '../binary/ops.ts';
import { isMatrixTranspose, matrixTranspose, reshape, unsqueeze } from '../movement/shape-ops.ts';
import { gemm, matmul, type matmuls } from './ops.ts';
import { product } from '../../shape.ts';

export const matmulGradients: GradientRules<typeof matmuls> = {
  MatMul: ({ inputs: [a, b] }, [dy]) => {
    // Vectors become matrices of one row (left) or one column (right).
    const left = a.shape.length === 1 ? unsqueeze(a, [0]) : a; // [..., M, K]
    const right = b.shape.length === 1 ? unsqueeze(b, [1]) : b; // [..., K, N]
    const upstream = asMatrix(dy, a.shape.length === 1, b.shape.length === 1); // [..., M, N]
    const da = matmul(upstream, matrixTranspose(right));
    return [
      reshape(unbroadcast(da, left.shape), a.shape),
      reshape(weightGradient(left, right, upstream), b.shape),
    ];
  },
  Gemm: (
    { inputs: [a, b, c], attributes: { alpha = 1, beta = 1, transA = 0, transB = 0 } },
    [dy],
  ) => {
    const da = transA
      ? gemm(b, dy, undefined, { alpha, transA: transB, transB: 1 })
      : gemm(dy, b, undefined, { alpha, transB: 1 - transB });
    const db = transB
      ? gemm(dy, a, undefined, { alpha, transA: 1, transB: transA })
      : gemm(a, dy, undefined, { alpha, transA: 1 - transA });
    return [da, db, c && unbroadcast(beta === 1 ? dy : mul(dy, beta), c.shape)];
  },
};

function asMatrix(dy: Value, addRow: boolean, addColumn: boolean): Value {
  const rows = addRow ? unsqueeze(dy, [addColumn ? dy.shape.length : dy.shape.length - 1]) : dy;
  return addColumn ? unsqueeze(rows, [rows.shape.length]) : rows;
}

/** dB of A B. A matrix B under a batch of As is one product over all their rows, not a sum of many. */
function weightGradient(a: Value, b: Value, dy: Value): Value {
  if (b.shape.length > 2 || a.shape.length === 2) {
    return unbroadcast(transposedProduct(a, dy, b), b.shape);
  }
  const rows = product(a.shape.slice(0, -1));
  const tallA = reshape(a, [rows, a.shape.at(-1)!]); // [rows, K]
  const tallDy = reshape(dy, [rows, dy.shape.at(-1)!]); // [rows, N]
  return transposedProduct(tallA, tallDy, b); // [K, N]
}

/** A^T dY; where B is itself a transpose, as in linear layers, as (dY^T A)^T: the two cancel. */
function transposedProduct(a: Value, dy: Value, b: Value): Value {
  return isMatrixTranspose(b)
    ? matrixTranspose(matmul(matrixTranspose(dy), a))
    : matmul(matrixTranspose(a), dy);
}
