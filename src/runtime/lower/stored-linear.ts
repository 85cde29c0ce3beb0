import { gemm } from '../../graph/ops/matmul/ops.ts';
import { reshape } from '../../graph/ops/movement/shape-ops.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { shapeOf, type Value } from '../../graph/value.ts';
import { transposedMatrix } from '../../graph/patterns.ts';
import { ValueMap } from '../../graph/value-map.ts';

/**
 * Linear layers by constant weights [out, in] as ONNX Runtime's Gemm, which takes them as they are
 * stored. A transposed copy of each, made when the session is, would take time and memory.
 *
 * @param constants parameters whose values are written into the model.
 */
export function gemmByStoredWeights(constants: ReadonlySet<string>): Rewrite {
  const products = new ValueMap<Product>();
  const withBias = (sum: Value, bias: Value, like: Value): readonly Value[] | undefined => {
    const product = products.get(sum);
    return product && isBiasOf(product, bias) ? [gemmOf({ ...product, bias }, like)] : undefined;
  };
  return ({ operator, outputs: [output] }, [a, b]) => {
    if (operator.domain || !a || !b) return undefined;
    if (operator.name === 'MatMul') {
      const weight = storedWeight(b, constants);
      if (!weight || !isStatic(a)) return undefined;
      const product = { x: a, weight };
      const value = gemmOf(product, output);
      products.set(value, product);
      return [value];
    }
    if (operator.name === 'Add') return withBias(a, b, output) ?? withBias(b, a, output);
    return undefined;
  };
}

/** x W^T + b for x [..., in], where there is a bias. */
interface Product {
  readonly x: Value;
  readonly weight: Value;
  readonly bias?: Value;
}

/** W, where a value is W^T. */
function storedWeight(value: Value, constants: ReadonlySet<string>): Value | undefined {
  const weight = transposedMatrix(value);
  const isStored = weight?.producer.kind === 'parameter' && constants.has(weight.producer.name);
  return isStored ? weight : undefined;
}

const isStatic = (x: Value): boolean =>
  x.shape.length > 1 && x.shape.every((dim) => typeof dim === 'number');

/** Whether a value is a bias [out]. */
const isBiasOf = ({ weight }: Product, { producer, shape }: Value): boolean =>
  producer.kind === 'parameter' && shape.length === 1 && shape[0] === weight.shape[0];

/** The product by rows. */
function gemmOf({ x, weight, bias }: Product, like: Value): Value {
  const rows = reshape(x, [-1, shapeOf(x).at(-1)!]);
  return reshape(gemm(rows, weight, bias, { transB: 1 }), shapeOf(like));
}
