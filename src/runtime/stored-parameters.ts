import { ModelLockError } from '../base/error.ts';
import type { ExternalTensor } from '../formats/onnx/write.ts';
import type { StoredTensor } from '../formats/stored-tensor.ts';
import type { Graph } from '../graph/graph.ts';
import { cast } from '../graph/ops/elementwise/ops.ts';
import { replaceParameters } from '../graph/rewrite.ts';
import { parameter } from '../graph/value.ts';
import { dirname, realPath, relative } from '../platform/files.ts';
import type { Tensor } from '../tensor/tensor.ts';

export type Weight = Tensor | StoredTensor;

/** Weights as a session takes them. */
export interface SessionWeights {
  readonly graph: Graph;
  readonly parameters: ReadonlyMap<string, Tensor | ExternalTensor>;
  /** Below which the external ones lie; `undefined` where there are none. */
  readonly folder: string | undefined;
}

/** protobuf's limit, less room for the graph. */
const mostInside = 2 ** 31 - 2 ** 26;

/**
 * Weights that lie in files are mapped into memory from there, by ONNX Runtime, instead of being
 * copied through JavaScript; those of another dtype than their parameter are cast when the session
 * is made. The others become part of the model. Throws `unsupported` where these are too large.
 */
export async function storedParameters(
  graph: Graph,
  weights: ReadonlyMap<string, Weight>,
): Promise<SessionWeights> {
  const parameters = new Map<string, Tensor | ExternalTensor>();
  const mapped = new Map<string, StoredTensor & Required<Pick<StoredTensor, 'place'>>>();
  let inside = 0;
  for (const name of graph.parameters.keys()) {
    const weight = weights.get(name);
    if (!weight) continue;
    if (isMapped(weight)) {
      mapped.set(name, weight);
      continue;
    }
    const inMemory = 'read' in weight ? await weight.read() : weight;
    inside += inMemory.data.byteLength;
    if (inside > mostInside) {
      throw new ModelLockError(
        'unsupported',
        'weights of more than 2 GB that lie in no file in the order of their elements',
      );
    }
    parameters.set(name, inMemory);
  }
  const paths = new Map<string, string>();
  for (const { place } of mapped.values()) {
    if (!paths.has(place.path)) paths.set(place.path, await realPath(place.path));
  }
  const folder = commonFolder([...paths.values()]);
  for (const [name, { dtype, shape, place }] of mapped) {
    const { offset, length } = place;
    const location = relative(folder!, paths.get(place.path)!);
    parameters.set(name, { dtype, shape, location, offset, length });
  }
  return { graph: castParameters(graph, parameters), parameters, folder };
}

function isMapped(weight: Weight): weight is StoredTensor & Required<Pick<StoredTensor, 'place'>> {
  // A tensor without elements has no bytes to map.
  return 'read' in weight && weight.place !== undefined && weight.place.length > 0;
}

/** The graph with a cast after each parameter that is stored in another dtype than it has. */
function castParameters(graph: Graph, stored: ReadonlyMap<string, Tensor | ExternalTensor>): Graph {
  return replaceParameters(graph, (name, { dtype }) => {
    const weight = stored.get(name);
    return weight && weight.dtype !== dtype
      ? cast(parameter(name, weight.shape, weight.dtype), dtype)
      : undefined;
  });
}

/** The lowest folder that all files lie in or below. */
function commonFolder(paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  return paths.map(dirname).reduce((common, folder) => {
    let shared = common;
    while (relative(shared, folder).startsWith('..')) shared = dirname(shared);
    return shared;
  });
}
