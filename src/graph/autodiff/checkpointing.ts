import { graphOf } from '../graph.ts';
import { add, less } from '../ops/binary/ops.ts';
import { cast } from '../ops/elementwise/ops.ts';
import { concat, slice } from '../ops/movement/join-ops.ts';
import { reshape } from '../ops/movement/shape-ops.ts';
import { reduceSum } from '../ops/reduction/ops.ts';
import { replaceValues } from '../rewrite.ts';
import { scalar, type Producer, type Value } from '../value.ts';
import { ValueMap } from '../value-map.ts';
import { gradients, pullBack, type Cotangent } from './gradients.ts';
import { zerosOf } from './rule.ts';
import { segmentsOf, type Segment } from './segments.ts';

/**
 * As `gradients` of a scalar with respect to leaves, for less memory and a second forward pass:
 * gradient checkpointing (arXiv 1604.06174). Of the forward pass only what crosses from one segment
 * to the next is kept; the rest of a segment is computed again when its gradients are.
 */
export function checkpointedGradients(y: Value, wrt: readonly Value[]): readonly Value[] {
  const segments = segmentsOf(graphOf({ y }));
  if (segments.length < 2) return gradients(y, wrt);
  const sums = new ValueMap<Value>();
  const accumulate = (value: Value, gradient: Value | undefined): void => {
    const sum = sums.get(value);
    if (gradient) sums.set(value, sum ? add(sum, gradient) : gradient);
  };

  accumulate(y, scalar(1));
  let computed: readonly Value[] = [];
  for (const segment of [...segments].reverse()) {
    const results = segment.nodes
      .flatMap(({ outputs }) => outputs)
      .flatMap((value): Cotangent[] => {
        const gradient = sums.get(value);
        return gradient ? [[value, gradient]] : [];
      });
    if (results.length === 0) continue;
    const { taken, cotangents } = again(segment, results, computed);
    const ends = new Set<Producer>(taken.map(({ producer }) => producer));
    const others = wrt.filter((value) => !segment.taken.includes(value));
    const found = pullBack(cotangents, [...taken, ...others], ends);
    [...segment.taken, ...others].forEach((value, i) => accumulate(value, found[i]));
    computed = found.filter((gradient) => gradient !== undefined);
  }
  return wrt.map((value) => sums.get(value) ?? zerosOf(value));
}

interface Recomputed {
  /** In the place of what the segment takes. */
  readonly taken: readonly Value[];
  readonly cotangents: readonly Cotangent[];
}

/**
 * A segment once more, to be computed after `others`; as it is if there are none, for the last
 * segment's gradients follow its forward pass at once.
 */
function again(
  { taken }: Segment,
  results: readonly Cotangent[],
  others: readonly Value[],
): Recomputed {
  if (others.length === 0) return { taken, cotangents: results };
  const zero = zeroAfter(others);
  const late = new ValueMap<Value>();
  for (const value of taken) if (value.dtype !== 'bool') late.set(value, delayed(value, zero));
  const outputs = Object.fromEntries(results.map(([value], i) => [String(i), value]));
  const copy = replaceValues(graphOf(outputs), (value) => late.get(value));
  return {
    taken: taken.map((value) => late.get(value) ?? value),
    cotangents: results.map(([, gradient], i) => [copy.outputs.get(String(i))!, gradient]),
  };
}

/**
 * The same value, from a node that cannot run before `zero` is there. ONNX Runtime would take a
 * plain copy for what it copies, and keep that; and it runs what is ready in an order of its own.
 */
const delayed = (value: Value, zero: Value): Value => add(value, cast(zero, value.dtype));

/** A scalar zero that depends on all these values, whatever they are. */
function zeroAfter(values: readonly Value[]): Value {
  const touched = values.map((value) => {
    const first = value.shape.map((_, axis) => ({ axis, end: 1 }));
    return reshape(first.length > 0 ? slice(value, ...first) : value, [1]);
  });
  const sum = reduceSum(concat(touched, 0));
  // Nothing is less than itself, not even what is no number.
  return cast(less(sum, sum), 'float32');
}
