import type { Graph } from '../../graph/graph.ts';
import { mul } from '../../graph/ops/binary/ops.ts';
import { normalCdf } from '../../graph/ops/elementwise/normal.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import type { Value } from '../../graph/value.ts';

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
