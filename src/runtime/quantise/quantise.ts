import { add } from '../../graph/ops/binary/ops.ts';
import { convWindows, type ConvAttributes } from '../../graph/ops/conv/ops.ts';
import { padded, tapsOf } from '../../graph/ops/conv/taps.ts';
import { concat } from '../../graph/ops/movement/join-ops.ts';
import { transpose } from '../../graph/ops/movement/shape-ops.ts';
import type { Graph } from '../../graph/graph.ts';
import { rewriteGraph, type Rewrite } from '../../graph/rewrite.ts';
import { shapeOf, type Node, type Value } from '../../graph/value.ts';
import { toFloat32 } from '../../tensor/convert.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { transposedMatrix } from '../../graph/patterns.ts';
import { inMemory, type Weight } from '../stored-parameters.ts';
import { quantiseWeights } from './int8.ts';
import { integerProduct, quantise, quantisedNames, type Quantised } from './integer-ops.ts';

/** Weights of fewer elements stay as they are: they cost little, and the first and last layers are among them. */
const fewElements = 2 ** 16;

/**
 * Linear layers and convolutions in 8-bit integers: weights with a scale for each output, rounded
 * when the session is made; what they are applied to with one scale for all of it, found anew in
 * each run (so a result depends on the whole batch). Convolutions become products: the integers
 * that each tap sees, side by side, times the weights.
 *
 * @param most largest integer of a weight.
 * @returns the graph, and the weights that it has instead of those it was given.
 */
export async function quantisedGraph(
  graph: Graph,
  weights: ReadonlyMap<string, Weight>,
  most: number,
): Promise<{ graph: Graph; weights: ReadonlyMap<string, Weight> }> {
  const quantised = new Set<string>();
  const integers = memoised(quantise);
  const rewrite: Rewrite = (node, inputs) => {
    const weight = weightOf(node);
    const output =
      weight &&
      weights.has(weight.name) &&
      layers[node.operator.name]?.(node, inputs, weight, integers);
    if (!output) return undefined;
    quantised.add(weight.name);
    return [output];
  };
  const rewritten = rewriteGraph(graph, rewrite);
  const all = new Map(weights);
  for (const name of quantised) {
    const { q, scale } = quantiseWeights(toFloat32(await inMemory(weights.get(name)!)), most);
    const names = quantisedNames(name);
    // What is not multiplied with, a tied embedding say, still wants the weight as it is.
    if (!rewritten.parameters.has(name)) all.delete(name);
    all.set(names.q, q);
    all.set(names.scale, scale);
  }
  return { graph: rewritten, weights: all };
}

/** A layer's weight, [O, C, ...taps], under its name. */
interface LayerWeight {
  readonly name: string;
  readonly value: Value;
}

type LayerRewrite = (
  node: Node,
  inputs: readonly (Value | undefined)[],
  weight: LayerWeight,
  integers: (x: Value) => Quantised,
) => Value | undefined;

/** The parameter that a node multiplies with, if it is a large one: x W^T, or a convolution by it. */
function weightOf({ operator, inputs: [, w] }: Node): LayerWeight | undefined {
  const value = operator.name === 'MatMul' ? transposedMatrix(w) : w;
  if (value?.producer.kind !== 'parameter' || sizeOf(shapeOf(value)) < fewElements)
    return undefined;
  return { name: value.producer.name, value };
}

const linearLayer: LayerRewrite = (_, [x], { name, value }, integers) =>
  integerProduct(integers(x!), name, shapeOf(value)[0]);

const convLayer: LayerRewrite = ({ attributes }, [x, w, b], { name, value }, integers) => {
  const { group = 1 } = attributes as ConvAttributes;
  if (group > 1 || x!.shape.length !== 4) return undefined;
  const windows = convWindows(x!, w!, attributes);
  const rows = transpose(x!, [0, 2, 3, 1]); // [B, H, W, C]
  const { q, ...scaling } = integers(padded(rows, windows, 1));
  const seen = concat(tapsOf(q, windows, 1), 3); // [B, H', W', taps * C]
  const product = integerProduct({ q: seen, ...scaling }, name, shapeOf(value)[0]);
  return transpose(b ? add(product, b) : product, [0, 3, 1, 2]); // [B, O, H', W']
};

const layers: Readonly<Record<string, LayerRewrite>> = { MatMul: linearLayer, Conv: convLayer };

/** Several layers may be applied to one value. */
function memoised(quantiseOnce: (x: Value) => Quantised): (x: Value) => Quantised {
  const known = new Map<Value, Quantised>();
  return (x) => {
    const there = known.get(x) ?? quantiseOnce(x);
    known.set(x, there);
    return there;
  };
}
