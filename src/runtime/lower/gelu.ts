import type { Graph } from '../../graph/graph.ts';
import { mul } from '../../graph/ops/binary/ops.ts';
import { normalCdf } from '../../graph/ops/elementwise/normal.ts';
import { hardSigmoid } from '../../graph/ops/elementwise/ops.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import type { Value } from '../../graph/value.ts';
import { isScalar, nodeOf } from '../../graph/patterns.ts';

/**
 * Spells Gelu out as x Phi(x) where its gradient is computed too: that needs Phi(x) as well, and
 * ONNX Runtime then computes it once.
 */
export function shareNormalCdf(graph: Graph): Rewrite {
  const scaled = new Set<Value>();
  for (const { operator, inputs } of graph.nodes) {
    const producer = operator.name === 'Erf' ? inputs[0]?.producer : undefined;
    if (producer?.kind === 'node' && producer.inputs[0]) scaled.add(producer.inputs[0]);
  }
  return ({ operator, inputs: [original], attributes }, [x]) => {
    const { approximate = 'none' } = attributes;
    const shared = operator.name === 'Gelu' && approximate === 'none' && scaled.has(original!);
    return shared && x ? [mul(x, normalCdf(x))] : undefined;
  };
}

/**
 * 0.5 (1 + erf) in one pass instead of two: the error function stays where a hard sigmoid of slope
 * 0.5 is linear.
 */
export const affineErf: Rewrite = (node, inputs) => {
  const [sum, half] = node.inputs;
  const add = node.operator.name === 'Mul' && isScalar(half, 0.5) ? nodeOf(sum, 'Add') : undefined;
  if (!add || !isScalar(add.inputs[1], 1) || !nodeOf(add.inputs[0], 'Erf')) return undefined;
  const rewritten = nodeOf(inputs[0], 'Add');
  return rewritten?.inputs[0] && [hardSigmoid(rewritten.inputs[0], 0.5, 0.5)];
};
