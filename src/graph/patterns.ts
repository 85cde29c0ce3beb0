import { constantOf, type Node, type Value } from './value.ts';

/** The node that computes a value, if it applies this operator. */
export function nodeOf(value: Value | undefined, operator: string): Node | undefined {
  const producer = value?.producer;
  return producer?.kind === 'node' && producer.operator.name === operator ? producer : undefined;
}

/** W, where a value is the transpose W^T of a matrix W. */
export function transposedMatrix(value: Value | undefined): Value | undefined {
  const node = nodeOf(value, 'Transpose');
  const [matrix] = node?.inputs ?? [];
  const perm = node?.attributes['perm'] as readonly number[] | undefined;
  return matrix?.shape.length === 2 && perm?.[0] !== 0 ? matrix : undefined;
}

/** Whether a value is this constant number. */
export function isScalar(value: Value | undefined, number: number): boolean {
  const tensor = constantOf(value);
  return tensor?.data.length === 1 && Number(tensor.data[0]) === number;
}
