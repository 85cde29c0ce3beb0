import { constantOf, type Value } from '../../../../graph/value.ts';

/** The number that all elements are, where at most `depth` nodes away from constants tell it. */
export function uniformOf(value: Value | undefined, depth = 8): number | undefined {
  const tensor = constantOf(value);
  if (tensor) {
    const [first, ...others] = tensor.data.subarray(0, 2);
    const all = others.length === 0 || tensor.data.every((x: number | bigint) => x === first);
    return first !== undefined && all ? Number(first) : undefined;
  }
  const producer = value?.producer;
  if (producer?.kind !== 'node' || depth === 0) return undefined;
  const below = (source: Value | undefined): number | undefined => uniformOf(source, depth - 1);
  const [a, b, c] = producer.inputs;
  switch (producer.operator.name) {
    case 'Expand':
    case 'Reshape':
    case 'Cast':
      return below(a);
    case 'Less':
      return a === b ? 0 : undefined;
    case 'Not': {
      const negated = below(a);
      return negated === undefined ? undefined : 1 - negated;
    }
    case 'Or':
      return below(b) === 0 ? below(a) : undefined;
    case 'Where': {
      const chosen = below(a);
      return chosen === undefined ? undefined : below(chosen === 0 ? c : b);
    }
    default:
      return undefined;
  }
}
