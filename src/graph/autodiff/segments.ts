import type { Graph } from '../graph.ts';
import { bytesOf } from '../memory.ts';
import type { Node, Producer, Value } from '../value.ts';
import { ValueMap } from '../value-map.ts';

/** A stretch of a graph, in the order in which it is computed. */
export interface Segment {
  readonly nodes: readonly Node[];
  /** What it takes: inputs of the graph, and what earlier segments computed. */
  readonly taken: readonly Value[];
}

/** Into how many pieces of equal size a graph is cut at most, for a trial. */
const finest = 64;

/**
 * Cuts a graph into segments for gradient checkpointing: what lies between two cuts is computed
 * again when it is needed, so only what crosses a cut is kept, and one whole segment at a time. Of
 * several budgets for a segment, the one counts that needs the least of both together
 * (arXiv 1604.06174, algorithm 3), with cuts where the fewest bytes cross.
 *
 * Nodes that no input of the graph reaches, such as transposed weights, belong to no segment.
 */
export function segmentsOf(graph: Graph): readonly Segment[] {
  const leaves = [...graph.inputs.values()].map(({ producer }) => producer);
  const reached = new Set<Producer>(leaves);
  const nodes = graph.nodes.filter((node) => isAfter(node, reached) && reached.add(node));
  if (nodes.length === 0) return [];
  const bytes = nodes.map(({ outputs }) => sum(outputs.map(bytesOf)));
  const crossing = bytesAfter(nodes);
  const total = sum(bytes);
  const plans = Array.from({ length: finest }, (_, i) =>
    cheapestCuts(bytes, crossing, total / (i + 1)),
  );
  const { cuts } = plans.reduce((best, plan) => (plan.held < best.held ? plan : best));
  return cuts.map((end, i) => segmentOf(nodes.slice(cuts[i - 1] ?? 0, end), reached));
}

const isAfter = ({ inputs }: Node, producers: ReadonlySet<Producer>): boolean =>
  inputs.some((value) => value && producers.has(value.producer));

/** How many bytes later nodes take from the first i + 1 nodes, for each i. */
function bytesAfter(nodes: readonly Node[]): readonly number[] {
  const places = new Map<Producer, number>(nodes.map((node, i) => [node, i]));
  const lastUses = new ValueMap<number>();
  nodes.forEach((node, i) => node.inputs.forEach((value) => value && lastUses.set(value, i)));
  const changes = new Float64Array(nodes.length + 1);
  for (const [node, place] of places) {
    for (const value of (node as Node).outputs) {
      const last = lastUses.get(value) ?? place;
      changes[place] += bytesOf(value);
      changes[last] -= bytesOf(value);
    }
  }
  let open = 0;
  return nodes.map((_, i) => (open += changes[i]));
}

interface Plan {
  /** Ends of the segments, excluded; the last is the number of all nodes. */
  readonly cuts: readonly number[];
  /** Bytes that are held: what crosses cuts, and the largest segment. */
  readonly held: number;
}

/** The cuts that the fewest bytes cross, where no segment has more than `budget`, if that can be. */
function cheapestCuts(bytes: readonly number[], crossing: readonly number[], budget: number): Plan {
  const before = [0, ...bytes];
  for (let i = 1; i < before.length; i++) before[i] += before[i - 1];
  const count = bytes.length;
  /** The least that crosses cuts up to one after i nodes, and the cut before that. */
  const least = new Float64Array(count + 1).fill(Infinity);
  const previous = new Int32Array(count + 1);
  least[0] = 0;
  for (let end = 1; end <= count; end++) {
    // A node that is larger than the budget is a segment of its own.
    for (let start = end - 1; start >= 0; start--) {
      if (start < end - 1 && before[end] - before[start] > budget) break;
      if (least[start] < least[end]) [least[end], previous[end]] = [least[start], start];
    }
    if (end < count) least[end] += crossing[end - 1];
  }
  const cuts: number[] = [];
  let largest = 0;
  for (let end = count; end > 0; end = previous[end]) {
    cuts.unshift(end);
    largest = Math.max(largest, before[end] - before[previous[end]]);
  }
  return { cuts, held: least[count] + largest };
}

function segmentOf(nodes: readonly Node[], reached: ReadonlySet<Producer>): Segment {
  const inside = new Set<Producer>(nodes);
  const known = new ValueMap<true>();
  const taken: Value[] = [];
  for (const value of nodes.flatMap(({ inputs }) => inputs)) {
    if (!value || !reached.has(value.producer)) continue;
    if (inside.has(value.producer) || known.get(value)) continue;
    known.set(value, true);
    taken.push(value);
  }
  return { nodes, taken };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
