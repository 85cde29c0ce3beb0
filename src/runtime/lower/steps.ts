import { hardSigmoid } from '../../graph/ops/elementwise/ops.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { isScalar, nodeOf } from '../../graph/patterns.ts';

/** All but subnormal numbers are beyond the slope. */
const steep = 3e38;

/**
 * 1 where x > 0 and else 0, as the gradient of ReLU has it, by a hard sigmoid so steep that it is a
 * step: one pass on all threads instead of two, one of them on a single thread.
 */
export const steepSteps: Rewrite = ({ operator, outputs: [y] }, [condition]) => {
  const greater = operator.name === 'Cast' ? nodeOf(condition, 'Greater') : undefined;
  const [x, bound] = greater?.inputs ?? [];
  if (x?.dtype !== 'float32' || y.dtype !== 'float32' || !isScalar(bound, 0)) return undefined;
  return [hardSigmoid(x, steep, 0)];
};
