import type { StoredTensors } from '../formats/stored-tensor.ts';
import { requireStoredWeights } from '../formats/weights.ts';
import type { Graph } from '../graph/graph.ts';
import type { PartSource } from './pipeline-source.ts';

/**
 * Finds a part's weights for its graphs, and checks them.
 *
 * @param nameOf today's name of a tensor.
 */
export function weightsOf(
  part: PartSource,
  nameOf: (name: string) => string = (name) => name,
): (graph: Graph) => Promise<StoredTensors> {
  const checked = new Set<string>();
  return async ({ parameters }) => {
    const { tensors, path } = await part.weights();
    const weights = new Map([...tensors].map(([name, stored]) => [nameOf(name), stored]));
    // To read them all takes seconds: not again for every shape.
    const unchecked = new Map([...parameters].filter(([name]) => !checked.has(name)));
    await requireStoredWeights(weights, unchecked, path);
    for (const name of unchecked.keys()) checked.add(name);
    return weights;
  };
}
