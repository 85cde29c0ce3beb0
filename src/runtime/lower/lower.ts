import type { Graph } from '../../graph/graph.ts';
import { rewriteGraph } from '../../graph/rewrite.ts';
import { blockConvolutions } from './convolutions.ts';

export interface Lowering {
  /** Channels in a block of ONNX Runtime's blocked layout; 1 where this processor has none. */
  readonly blockSize: number;
  /** Parameters whose values are written into the model. */
  readonly constants: ReadonlySet<string>;
}

/** The graph as ONNX Runtime runs it best. Never exported: it uses operators of its own. */
export function lower(graph: Graph, { blockSize, constants }: Lowering): Graph {
  return blockSize > 1 ? rewriteGraph(graph, blockConvolutions(blockSize, constants)) : graph;
}
