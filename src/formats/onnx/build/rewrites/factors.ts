import { nodeOf } from '../../../../graph/patterns.ts';
import { constantOf, type Node, type Value } from '../../../../graph/value.ts';

/** A product of a number and some values. */
export interface Product {
  readonly number: number;
  readonly values: readonly Value[];
}

/** The number that a constant of one element is. */
export function numberOf(value: Value | undefined): number | undefined {
  const tensor = constantOf(value);
  return tensor?.data.length === 1 ? Number(tensor.data[0]) : undefined;
}

/**
 * A value as a product: through `Mul`, and `Div` by a number, down to `depth` nodes. Exporters
 * multiply in every order.
 */
export function factorsOf(value: Value, depth = 3): Product {
  const number = numberOf(value);
  if (number !== undefined) return { number, values: [] };
  if (depth > 0) {
    const product = nodeOf(value, 'Mul');
    if (product) {
      const [a, b] = product.inputs.map((factor) => factorsOf(factor!, depth - 1));
      return { number: a.number * b.number, values: [...a.values, ...b.values] };
    }
    const quotient = nodeOf(value, 'Div');
    const divisor = numberOf(quotient?.inputs[1]);
    if (quotient && divisor !== undefined) {
      const { number: factor, values } = factorsOf(quotient.inputs[0]!, depth - 1);
      return { number: factor / divisor, values };
    }
  }
  return { number: 1, values: [value] };
}

/** Whether two numbers are one but for the rounding of float32. */
export const nearly = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.abs(b);

/** x + number, in either order. */
export function sumWith(value: Value, number: number): Value | undefined {
  const [a, b] = nodeOf(value, 'Add')?.inputs ?? [];
  if (numberOf(b) === number) return a;
  return numberOf(a) === number ? b : undefined;
}

/** Whether the product may be the end of a pattern: it is a `Mul` or a `Div`. */
export const isProduct = ({ operator: { name } }: Node): boolean =>
  name === 'Mul' || name === 'Div';
