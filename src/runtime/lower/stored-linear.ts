import { gemm } from '../../graph/ops/matmul/ops.ts';
import { reshape } from '../../graph/ops/movement/shape-ops.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { shapeOf, type Value } from '../../graph/value.ts';
import { nodeOf } from '../../graph/patterns.ts';

/**
 * Linear layers by constant weights [out, in] as ONNX Runtime's Gemm, which takes them as they are
 * stored. A transposed copy of each, made when the session is, would take time and memory.
 *
 * @param constants parameters whose values are written into the model.
 */
export function gemmByStoredWeights(constants: ReadonlySet<string>): Rewrite {
  return ({ operator, outputs: [output] }, [a, b]) => {
    if (operator.domain || !a || !b) return undefined;
    if (operator.name === 'MatMul') {
      const weight = storedWeight(b, constants);
      return weight && isStatic(a) ? [product(a, weight, output)] : undefined;
    }
    if (operator.name === 'Add') return withBias(a, b, output) ?? withBias(b, a, output);
    return undefined;
  };
}

/** W, where a value is W^T. */
function storedWeight(value: Value, constants: ReadonlySet<string>): Value | undefined {
  const weight = nodeOf(value, 'Transpose')?.inputs[0];
  const isStored =
    weight?.producer.kind === 'parameter' &&
    weight.shape.length === 2 &&
    constants.has(weight.producer.name);
  return isStored ? weight : undefined;
}

const isStatic = (x: Value): boolean =>
  x.shape.length > 1 && x.shape.every((dim) => typeof dim === 'number');

/** x W^T for x [..., in], by rows. */
function product(x: Value, weight: Value, like: Value): Value {
  const rows = reshape(x, [-1, shapeOf(x).at(-1)!]);
  return reshape(gemm(rows, weight, undefined, { transB: 1 }), shapeOf(like));
}

/** The sum of such a product, which has none yet, and a bias [out]. */
function withBias(sum: Value, bias: Value, like: Value): readonly Value[] | undefined {
  const node = nodeOf(nodeOf(sum, 'Reshape')?.inputs[0], 'Gemm');
  if (!node || node.inputs[2] || bias.producer.kind !== 'parameter') return undefined;
  const [rows, weight] = node.inputs;
  if (bias.shape.length !== 1 || bias.shape[0] !== weight!.shape[0]) return undefined;
  return [reshape(gemm(rows!, weight!, bias, node.attributes), shapeOf(like))];
}
