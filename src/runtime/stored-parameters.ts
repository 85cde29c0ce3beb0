import { adapted, type AdaptedWeight } from '../formats/adapted-weight.ts';
import type { ExternalTensor } from '../formats/onnx/write.ts';
import type { StoredTensor } from '../formats/stored-tensor.ts';
import type { Graph } from '../graph/graph.ts';
import { cast } from '../graph/ops/elementwise/ops.ts';
import { replaceParameters } from '../graph/rewrite.ts';
import { parameter } from '../graph/value.ts';
import { dirname, realPath, relative } from '../platform/files.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A weight that needs nothing done to it. */
export type PlainWeight = Tensor | StoredTensor;
export type Weight = PlainWeight | AdaptedWeight;

/** Weights as a session takes them. */
export interface SessionWeights {
  readonly parameters: ReadonlyMap<string, Tensor | ExternalTensor>;
  /** The folder below which the files of external ones lie. */
  readonly folder?: string | undefined;
  /** The files of external ones, where these are in memory. */
  readonly files?: readonly MemoryFile[];
}

/** A file that is in memory alone. */
export interface MemoryFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/** Bytes that become part of a model; more of them make copies beside it that count. */
const mostInside = 2 ** 28;

/**
 * Weights that lie in files are mapped into memory from there, by ONNX Runtime, instead of being
 * copied through JavaScript; the others become part of the model. Where these are many, all are
 * handed over in memory: ONNX Runtime takes either files or memory.
 */
export async function storedParameters(
  weights: ReadonlyMap<string, PlainWeight>,
): Promise<SessionWeights> {
  const mapped = new Map<string, MappedTensor>();
  for (const [name, weight] of weights) if (isMapped(weight)) mapped.set(name, weight);
  const others = new Map<string, Tensor>();
  let inside = 0;
  for (const [name, weight] of weights) {
    if (mapped.has(name)) continue;
    const loaded = await inMemory(weight);
    others.set(name, loaded);
    inside += loaded.data.byteLength;
  }
  if (inside > mostInside) {
    for (const [name, weight] of mapped) others.set(name, await inMemory(weight));
    return filesOf(others);
  }
  const { parameters, folder } = await placesOf(mapped);
  return {
    parameters: new Map<string, Tensor | ExternalTensor>([...parameters, ...others]),
    folder,
  };
}

/** The weight itself. */
export async function inMemory(weight: Weight): Promise<Tensor> {
  if ('base' in weight) return adapted(weight);
  return 'read' in weight ? weight.read() : weight;
}

function filesOf(weights: ReadonlyMap<string, Tensor>): SessionWeights {
  const parameters = new Map<string, ExternalTensor>();
  const files: MemoryFile[] = [];
  for (const [name, { dtype, shape, data }] of weights) {
    const path = `memory/${files.length}`;
    parameters.set(name, { dtype, shape, location: path, offset: 0, length: data.byteLength });
    files.push({ path, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
  }
  return { parameters, files };
}

type MappedTensor = StoredTensor & Required<Pick<StoredTensor, 'place'>>;

async function placesOf(mapped: ReadonlyMap<string, MappedTensor>): Promise<{
  parameters: ReadonlyMap<string, ExternalTensor>;
  folder: string | undefined;
}> {
  const paths = new Map<string, string>();
  for (const { place } of mapped.values()) {
    if (!paths.has(place.path)) paths.set(place.path, await realPath(place.path));
  }
  const folder = commonFolder([...paths.values()]);
  const parameters = new Map<string, ExternalTensor>();
  for (const [name, { dtype, shape, place }] of mapped) {
    const { offset, length } = place;
    const location = relative(folder!, paths.get(place.path)!);
    parameters.set(name, { dtype, shape, location, offset, length });
  }
  return { parameters, folder };
}

function isMapped(weight: PlainWeight): weight is MappedTensor {
  // A tensor without elements has no bytes to map.
  return 'read' in weight && weight.place !== undefined && weight.place.length > 0;
}

/** The graph with a cast after each parameter that is stored in another dtype than it has. */
export function castParameters(graph: Graph, weights: ReadonlyMap<string, PlainWeight>): Graph {
  return replaceParameters(graph, (name, { dtype }) => {
    const weight = weights.get(name);
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
