import { clone, create } from '@bufbuild/protobuf';
import { NodeProtoSchema, type GraphProto, type NodeProto } from '../proto/onnx_pb.ts';

/** The names of a file's tensors, and new ones that none of them has. */
export class TensorNames {
  readonly #used = new Set<string>();
  #places = 0;

  constructor(graph: GraphProto) {
    this.#add(graph);
  }

  #add({ input, initializer, node: nodes }: GraphProto): void {
    for (const { name } of [...input, ...initializer]) this.#used.add(name);
    for (const node of nodes) {
      for (const name of node.output) this.#used.add(name);
      for (const inner of graphsWithin(node)) this.#add(inner);
    }
  }

  /** What gives names of its own to the tensors of one place that nodes are put into. */
  place(): (name: string) => string {
    const place = this.#places++;
    return (name) => {
      let fresh = `inlined.${place}/${name}`;
      while (this.#used.has(fresh)) fresh += "'";
      this.#used.add(fresh);
      return fresh;
    };
  }
}

/** The name that a tensor gets. */
export type Renaming = (name: string) => string;

/** Nodes that are put in the place of one, and what of theirs is its outputs. */
export interface Body {
  readonly nodes: readonly NodeProto[];
  readonly outputs: readonly string[];
}

/**
 * Copies of the nodes of a body, for the place of `call`.
 *
 * @param given the names that tensors have already.
 * @param otherwise names those that are neither among them nor an output; asked once for each.
 * @returns the nodes, and how tensors of the body are called now.
 */
export function inlined(
  { nodes, outputs }: Body,
  call: NodeProto,
  given: ReadonlyMap<string, string>,
  otherwise: Renaming,
): { readonly nodes: readonly NodeProto[]; readonly renaming: Renaming } {
  const computed = new Set(nodes.flatMap(({ output }) => output));
  const tensors = new Map([...given, ['', '']]);
  /** What a body does not compute, or gives twice. */
  const passed: { readonly inner: string; readonly outer: string }[] = [];
  for (const [i, outer] of call.output.entries()) {
    const inner = outputs[i];
    if (outer === '') continue;
    if (computed.has(inner) && !tensors.has(inner)) tensors.set(inner, outer);
    else passed.push({ inner, outer });
  }
  const renaming = (name: string): string => {
    const known = tensors.get(name) ?? otherwise(name);
    tensors.set(name, known);
    return known;
  };
  const copies = nodes.map((node) => renamed(node, renaming));
  for (const { inner, outer } of passed) {
    const input = [renaming(inner)];
    copies.push(create(NodeProtoSchema, { opType: 'Identity', input, output: [outer] }));
  }
  return { nodes: copies, renaming };
}

/** A copy of a node that calls its tensors, and those that graphs within it take from outside, otherwise. */
function renamed(node: NodeProto, renaming: Renaming): NodeProto {
  const copy = clone(NodeProtoSchema, node);
  rename(copy, renaming);
  return copy;
}

function rename(node: NodeProto, renaming: Renaming): void {
  node.input = node.input.map(renaming);
  node.output = node.output.map(renaming);
  for (const graph of graphsWithin(node)) {
    for (const inner of graph.node) rename(inner, renaming);
    for (const output of graph.output) output.name = renaming(output.name);
    for (const tensor of graph.initializer) tensor.name = renaming(tensor.name);
  }
}

/** The graphs that a node has as attributes: the branches of an `If`, the body of a `Loop`. */
export const graphsWithin = ({ attribute }: NodeProto): readonly GraphProto[] =>
  attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
