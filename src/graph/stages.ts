import { graphOf, type Graph } from './graph.ts';
import { replaceValues } from './rewrite.ts';
import { input, type Node, type Value } from './value.ts';
import { ValueMap } from './value-map.ts';

/** A graph in two parts, of which the first can be run as soon as some inputs are known. */
export interface Stages {
  /** Its outputs are inputs of `second`; there may be none. */
  readonly first: Graph;
  /** Has the outputs of the whole graph. */
  readonly second: Graph;
}

/**
 * Takes out of a graph what depends on the inputs `known` and on parameters alone. Once the first
 * stage has run, the second can be run for many values of the other inputs.
 */
export function stagesOf(graph: Graph, known: ReadonlySet<string>): Stages {
  const early = earlyNodes(graph, known);
  const outputs: Record<string, Value> = {};
  const handedOver = new ValueMap<Value>();
  const handOver = (value: Value | undefined): void => {
    if (value?.producer.kind !== 'node' || !early.has(value.producer)) return;
    if (handedOver.get(value)) return;
    const name = `stage/${Object.keys(outputs).length}`;
    outputs[name] = value;
    handedOver.set(value, input(name, value.dtype, value.shape));
  };
  for (const node of graph.nodes) if (!early.has(node)) node.inputs.forEach(handOver);
  [...graph.outputs.values()].forEach(handOver);
  return {
    first: graphOf(outputs),
    second: replaceValues(graph, (value) => handedOver.get(value)),
  };
}

/** The nodes that a known input decides. */
function earlyNodes(graph: Graph, known: ReadonlySet<string>): ReadonlySet<Node> {
  const early = new Set<Node>();
  // What parameters and constants alone decide, a transposed weight say, belongs to whoever uses it.
  const fixed = new Set<Node>();
  const isKnown = ({ producer }: Value): boolean =>
    producer.kind === 'input'
      ? known.has(producer.name)
      : producer.kind === 'node' && early.has(producer);
  const isFixed = ({ producer }: Value): boolean =>
    producer.kind === 'node' ? fixed.has(producer) : producer.kind !== 'input';
  for (const node of graph.nodes) {
    const sources = node.inputs.filter((value) => value !== undefined);
    if (sources.every(isFixed)) fixed.add(node);
    else if (sources.every((source) => isKnown(source) || isFixed(source))) early.add(node);
  }
  return early;
}
