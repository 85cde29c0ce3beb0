import { constantOf, type Node, type Value } from './value.ts';

/** The node that computes a value, if it applies this operator. */
export function nodeOf(value: Value | undefined, operator: string): Node | undefined {
  const producer = value?.producer;
  return producer?.kind === 'node' && producer.operator.name === operator ? producer : undefined;
}

/** Whether a value is this constant number. */
export function isScalar(value: Value | undefined, number: number): boolean {
  const tensor = constantOf(value);
  return tensor?.data.length === 1 && Number(tensor.data[0]) === number;
}
