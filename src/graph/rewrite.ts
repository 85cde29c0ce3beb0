import { graphOf, type Graph } from './graph.ts';
import type { Node, Value } from './value.ts';

/**
 * Replaces a node, given its inputs as already rewritten, by other values for its outputs;
 * `undefined` leaves it as it is.
 */
export type Rewrite = (
  node: Node,
  inputs: readonly (Value | undefined)[],
) => readonly Value[] | undefined;

/** The same graph with `rewrite` applied to every node, inputs first. */
export function rewriteGraph(graph: Graph, rewrite: Rewrite): Graph {
  const replaced = new Map<Node, readonly Value[]>();
  const current = (value: Value): Value =>
    value.producer.kind === 'node' ? replaced.get(value.producer)![value.index] : value;

  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => value && current(value));
    replaced.set(node, rewrite(node, inputs) ?? rebuild(node, inputs));
  }
  return graphOf(
    Object.fromEntries([...graph.outputs].map(([name, value]) => [name, current(value)])),
  );
}

function rebuild(node: Node, inputs: readonly (Value | undefined)[]): readonly Value[] {
  if (inputs.every((value, i) => value === node.inputs[i])) return node.outputs;
  const outputs: Value[] = [];
  const copy: Node = { ...node, inputs, outputs };
  outputs.push(...node.outputs.map((value) => ({ ...value, producer: copy })));
  return outputs;
}
