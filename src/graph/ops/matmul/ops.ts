import { ModelLockError } from '../../../base/error.ts';
import { broadcastShapes, showShape, type Dim, type Shape } from '../../shape.ts';
import { apply, operator, type AttributesOf, type Value, type ValueType } from '../../value.ts';
import { commonDType, required, requireRank } from '../infer.ts';

const gemmAttributes = { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' } as const;

export const matmuls = {
  MatMul: operator({
    name: 'MatMul',
    attributes: {},
    infer: (inputs) => productType(required(inputs, 0), required(inputs, 1)),
  }),
  Gemm: operator({ name: 'Gemm', attributes: gemmAttributes, infer: inferGemm }),
};

/** Matrix product over the last two axes, the others broadcast (NumPy's `matmul`). */
export const matmul = (a: Value, b: Value): Value => apply(matmuls.MatMul, [a, b], {})[0];

/** alpha * A' B' + beta * C of matrices; A' is A, or its transpose where transA is 1. */
export const gemm = (
  a: Value,
  b: Value,
  c?: Value,
  attributes: AttributesOf<typeof gemmAttributes> = {},
): Value => apply(matmuls.Gemm, [a, b, c], attributes)[0];

function productType(a: Value, b: Value): readonly ValueType[] {
  // A vector is a row on the left and a column on the right, and loses that axis again.
  const left: Shape = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right: Shape = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  requireInner(left.at(-1)!, right.at(-2)!, a.shape, b.shape);
  const shape = [
    ...broadcastShapes(left.slice(0, -2), right.slice(0, -2)),
    ...(a.shape.length === 1 ? [] : [left.at(-2)!]),
    ...(b.shape.length === 1 ? [] : [right.at(-1)!]),
  ];
  return [{ dtype: commonDType([a, b]), shape }];
}

function inferGemm(
  inputs: readonly (Value | undefined)[],
  { transA, transB }: AttributesOf<typeof gemmAttributes>,
): readonly ValueType[] {
  const a = required(inputs, 0);
  const b = required(inputs, 1);
  requireRank(a, 2, 'A');
  requireRank(b, 2, 'B');
  const [m, k] = transA ? [a.shape[1], a.shape[0]] : a.shape;
  const [k2, n] = transB ? [b.shape[1], b.shape[0]] : b.shape;
  requireInner(k, k2, a.shape, b.shape);
  const operands = inputs.filter((value) => value !== undefined);
  return [{ dtype: commonDType(operands), shape: [m, n] }];
}

function requireInner(a: Dim, b: Dim, left: Shape, right: Shape): void {
  if (a !== b) {
    throw new ModelLockError('shape', `${showShape(left)} times ${showShape(right)}`);
  }
}
