import {
  apply,
  operator,
  parameter,
  shapeOf,
  type Value,
  type ValueType,
} from '../../graph/value.ts';

/** Numbers as integers with one scale and zero for all: x = scale (q - zero). */
export interface Quantised {
  /** uint8 */
  readonly q: Value;
  readonly scale: Value;
  readonly zero: Value;
}

const integers = {
  DynamicQuantizeLinear: operator({
    name: 'DynamicQuantizeLinear',
    attributes: {},
    infer: ([x]): readonly ValueType[] => [
      { dtype: 'uint8', shape: x!.shape },
      { dtype: 'float32', shape: [] },
      { dtype: 'uint8', shape: [] },
    ],
  }),
  MatMulIntegerToFloat: operator({
    name: 'MatMulIntegerToFloat',
    domain: 'com.microsoft',
    attributes: {},
    infer: ([a, b]): readonly ValueType[] => [
      { dtype: 'float32', shape: [...a!.shape.slice(0, -1), b!.shape[1]] },
    ],
  }),
};

/** x as integers between its smallest and its largest element. */
export function quantise(x: Value): Quantised {
  const [q, scale, zero] = apply(integers.DynamicQuantizeLinear, [x], {});
  return { q, scale, zero };
}

/** Names of the parameters that hold the integers and the scales of a weight. */
export const quantisedNames = (weight: string): { q: string; scale: string } => ({
  q: `${weight}/int8`,
  scale: `${weight}/scale`,
});

/** x W for integer rows x [..., K] and the quantised weight of that name, [K, outputs]. */
export function integerProduct(
  { q, scale, zero }: Quantised,
  weight: string,
  outputs: number,
): Value {
  const names = quantisedNames(weight);
  const w = parameter(names.q, [shapeOf(q).at(-1)!, outputs], 'int8');
  const scales = parameter(names.scale, [outputs]);
  return apply(integers.MatMulIntegerToFloat, [q, w, scale, scales, zero], {})[0];
}
