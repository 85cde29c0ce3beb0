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
  return rebuiltGraph(graph, rewrite, () => undefined);
}

/** The same graph with other values where some are used; `undefined` leaves one as it is. */
export function replaceValues(
  graph: Graph,
  replacement: (value: Value) => Value | undefined,
): Graph {
  return rebuiltGraph(graph, () => undefined, replacement);
}

/** The same graph with other values in the place of some parameters; `undefined` leaves one as it is. */
export function replaceParameters(
  graph: Graph,
  replacement: (name: string, parameter: Value) => Value | undefined,
): Graph {
  const replacements = new Map<object, Value>();
  for (const [name, parameter] of graph.parameters) {
    const other = replacement(name, parameter);
    if (other) replacements.set(parameter.producer, other);
  }
  return replaceValues(graph, ({ producer }) => replacements.get(producer));
}

function rebuiltGraph(
  graph: Graph,
  rewrite: Rewrite,
  replacement: (value: Value) => Value | undefined,
): Graph {
  const replaced = new Map<Node, readonly Value[]>();
  const current = (value: Value): Value =>
    replacement(value) ??
    (value.producer.kind === 'node' ? replaced.get(value.producer)![value.index] : value);

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
