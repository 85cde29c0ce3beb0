import { sub } from '../../graph/ops/binary/ops.ts';
import { hardSigmoid } from '../../graph/ops/elementwise/ops.ts';
import { isScalar } from '../../graph/patterns.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { constantOf, type Value } from '../../graph/value.ts';

/** All but subnormal numbers are beyond the slope. */
const steep = 3e38;

/** How far above zero, and the step's value at zero. */
const comparisons = new Map<string, [above: (x: Value, bound: Value) => Value, atZero: 0 | 1]>([
  ['Greater', [above, 0]],
  ['GreaterOrEqual', [above, 1]],
  ['Less', [(x, bound) => above(bound, x), 0]],
  ['LessOrEqual', [(x, bound) => above(bound, x), 1]],
]);

function above(x: Value, bound: Value): Value {
  return isScalar(bound, 0) ? x : sub(x, bound);
}

/**
 * 1 where x is beyond a constant and else 0, as the gradients of ReLU and Clip have it, by a hard
 * sigmoid so steep that it is a step: passes on all threads instead of two, one of them on a single
 * thread.
 */
export const steepSteps: Rewrite = ({ operator, outputs: [y] }, [condition]) => {
  const comparison = condition?.producer;
  if (operator.name !== 'Cast' || comparison?.kind !== 'node') return undefined;
  const [distance, atZero] = comparisons.get(comparison.operator.name) ?? [];
  const [x, bound] = comparison.inputs;
  if (!distance || !x || !bound || constantOf(bound)?.data.length !== 1) return undefined;
  if (x.dtype !== 'float32' || y.dtype !== 'float32') return undefined;
  return [hardSigmoid(distance(x, bound), steep, atZero)];
};
