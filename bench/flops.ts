import type { Graph } from '../src/graph/graph.ts';
import { shapeOf, type Node, type Value } from '../src/graph/value.ts';
import { sizeOf } from '../src/tensor/tensor.ts';

const size = (value: Value | undefined): number => sizeOf(shapeOf(value!));

/** Multiplications and additions of one node; operators that are not here count as free. */
const operations: Readonly<Record<string, (node: Node) => number>> = {
  // [..., M, K] x [..., K, N]: K products for each element of the output.
  MatMul: ({ inputs: [a], outputs: [y] }) => 2 * size(y) * shapeOf(a!).at(-1)!,
  Gemm: ({ inputs: [a], outputs: [y], attributes }) =>
    2 * size(y) * shapeOf(a!)[attributes['transA'] ? 0 : 1],
  // Each output element sees one kernel [C / group, ...]; transposed, each input element writes one.
  Conv: ({ inputs: [, w], outputs: [y] }) => (2 * size(y) * size(w)) / shapeOf(w!)[0],
  ConvTranspose: ({ inputs: [x, w] }) => (2 * size(x) * size(w)) / shapeOf(w!)[0],
};

/** Floating-point operations of a graph's matrix products and convolutions. */
export function flopsOf(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + (operations[node.operator.name]?.(node) ?? 0), 0);
}
