import type { LowRankUpdate } from '../formats/adapted-weight.ts';
import type { Graph } from '../graph/graph.ts';
import { add, mul } from '../graph/ops/binary/ops.ts';
import { matmul } from '../graph/ops/matmul/ops.ts';
import { reshape } from '../graph/ops/movement/shape-ops.ts';
import { replaceParameters } from '../graph/rewrite.ts';
import { parameter, shapeOf, type Value } from '../graph/value.ts';
import type { PlainWeight, Weight } from './stored-parameters.ts';

/**
 * The graph with the sum of each adapted weight and its updates in its place, which ONNX Runtime
 * folds when the session is made: base and factors stay in their files until then.
 */
export function adaptedGraph(
  graph: Graph,
  weights: ReadonlyMap<string, Weight>,
): { graph: Graph; weights: ReadonlyMap<string, PlainWeight> } {
  const plain = new Map<string, PlainWeight>();
  const sums = replaceParameters(graph, (name, value) => {
    const weight = weights.get(name);
    if (!weight || !('base' in weight)) return undefined;
    return weight.updates.reduce(
      (sum, update, i) => add(sum, change(value, `${name}/update${i}`, update, plain)),
      value,
    );
  });
  for (const [name, weight] of weights) plain.set(name, 'base' in weight ? weight.base : weight);
  return { graph: sums, weights: plain };
}

/** scale * up down, in the shape of the weight. */
function change(
  weight: Value,
  name: string,
  { down, up, scale }: LowRankUpdate,
  weights: Map<string, PlainWeight>,
): Value {
  const [rank] = down.shape;
  weights.set(`${name}/down`, down);
  weights.set(`${name}/up`, up);
  const rows = reshape(parameter(`${name}/down`, down.shape), [rank, -1]); // [r, C * taps]
  const columns = reshape(parameter(`${name}/up`, up.shape), [-1, rank]); // [O, r]
  return reshape(mul(matmul(columns, rows), scale), shapeOf(weight));
}
