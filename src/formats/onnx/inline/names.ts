import { clone } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  NodeProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
} from '../proto/onnx_pb.ts';

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

/** A copy of a node that calls its tensors, and those that graphs within it take from outside, otherwise. */
export function renamed(node: NodeProto, renaming: Renaming): NodeProto {
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

/** A copy of an attribute under another name. */
export function attributeNamed(name: string, attribute: AttributeProto): AttributeProto {
  const copy = clone(AttributeProtoSchema, attribute);
  [copy.name, copy.refAttrName] = [name, ''];
  return copy;
}
