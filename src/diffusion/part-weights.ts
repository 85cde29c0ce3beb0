import type { AdaptedWeight, LowRankUpdate } from '../formats/adapted-weight.ts';
import type { StoredTensor, StoredTensors } from '../formats/stored-tensor.ts';
import { requireStoredWeights } from '../formats/weights.ts';
import type { Graph } from '../graph/graph.ts';
import type { PartSource } from './pipeline-source.ts';

/** Weights of a part, by parameter. */
export type PartWeights = ReadonlyMap<string, StoredTensor | AdaptedWeight>;

export interface PartWeightsOptions {
  /** Today's name of a tensor. Default: the name that it has. */
  readonly nameOf?: (name: string) => string;
  /** What is added to some of the weights. */
  readonly updates?: (
    weights: StoredTensors,
  ) => Promise<ReadonlyMap<string, readonly LowRankUpdate[]>>;
}

/** Finds a part's weights for its graphs, and checks them. */
export function weightsOf(
  part: PartSource,
  { nameOf = (name) => name, updates = () => Promise.resolve(new Map()) }: PartWeightsOptions = {},
): (graph: Graph) => Promise<PartWeights> {
  const checked = new Set<string>();
  return async ({ parameters }) => {
    const { tensors, path } = await part.weights();
    const weights = new Map([...tensors].map(([name, stored]) => [nameOf(name), stored]));
    // To read them all takes seconds: not again for every shape.
    const unchecked = new Map([...parameters].filter(([name]) => !checked.has(name)));
    await requireStoredWeights(weights, unchecked, path);
    for (const name of unchecked.keys()) checked.add(name);
    const changed = [...(await updates(weights))].map(
      ([name, of]) => [name, { base: weights.get(name)!, updates: of }] as const,
    );
    return new Map<string, StoredTensor | AdaptedWeight>([...weights, ...changed]);
  };
}
