import { nodeOf } from '../../../../graph/patterns.ts';
import type { Rewrite } from '../../../../graph/rewrite.ts';
import { showShape } from '../../../../graph/shape.ts';
import type { Value } from '../../../../graph/value.ts';
import { uniformOf } from './uniform.ts';

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
