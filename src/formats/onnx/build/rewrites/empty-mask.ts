import { nodeOf } from '../../../../graph/patterns.ts';
import type { Rewrite } from '../../../../graph/rewrite.ts';
import { showShape } from '../../../../graph/shape.ts';
import { constantOf, type Value } from '../../../../graph/value.ts';

/**
 * Attention masks that mask nothing, and the guard against rows in which everything is masked:
 * exporters leave both where a model can take a mask and is given none.
 */
export const withoutEmptyMask: Rewrite = (node, inputs) => {
  const { operator, outputs } = node;
  const [a, b, c] = inputs as readonly Value[];
  switch (operator.name) {
    case 'Where':
      return without(
        outputs[0],
        uniformOf(a) === 1 ? b : uniformOf(a) === 0 || isNaNGuard(a, c) ? c : undefined,
      );
    case 'Add':
      return without(outputs[0], uniformOf(b) === 0 ? a : uniformOf(a) === 0 ? b : undefined);
    default:
      return undefined;
  }
};

/** The value that the node comes down to, if it broadcasts nothing. */
function without(result: Value, rest: Value | undefined): readonly Value[] | undefined {
  return rest && rest.dtype === result.dtype && showShape(rest.shape) === showShape(result.shape)
    ? [rest]
    : undefined;
}

/** Whether this is `isNaN(y) ? 0 : y` of a softmax whose rows are not masked: those have no NaN. */
function isNaNGuard(condition: Value, y: Value): boolean {
  if (nodeOf(condition, 'IsNaN')?.inputs[0] !== y) return false;
  const scores = nodeOf(y, 'Softmax')?.inputs[0];
  return scores !== undefined && !nodeOf(scores, 'Add') && !nodeOf(scores, 'Where');
}

/** The number that all elements are, where at most `depth` nodes away from constants tell it. */
function uniformOf(value: Value | undefined, depth = 8): number | undefined {
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
