import type { Graph } from '../../graph/graph.ts';

/** The graph as ONNX Runtime runs it best. Never exported: it uses operators of its own. */
export function lower(graph: Graph): Graph {
  return graph;
}
