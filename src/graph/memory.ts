import { bytesPerElement } from '../tensor/dtype.ts';
import { sizeOf } from '../tensor/tensor.ts';
import type { Graph } from './graph.ts';
import { shapeOf, type Value } from './value.ts';

/** Bytes of a value. Throws `shape` for one with a named axis. */
export const bytesOf = (value: Value): number =>
  sizeOf(shapeOf(value)) * bytesPerElement(value.dtype);

/**
 * The most bytes of intermediate results that there are at once when the nodes run one after the
 * other, each result given back after its last use. Leaves do not count, and nothing is computed in
 * place: an estimate from above of what an engine plans.
 */
export function peakBytes({ nodes, outputs }: Graph): number {
  const lastUse = new Map<Value, number>();
  nodes.forEach(({ inputs }, i) => {
    for (const value of inputs) if (value) lastUse.set(canonical(value), i);
  });
  for (const value of outputs.values()) lastUse.set(canonical(value), nodes.length);
  const ending = new Map<number, number>();
  let [now, peak] = [0, 0];
  nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      const last = lastUse.get(output);
      if (last === undefined) continue;
      now += bytesOf(output);
      ending.set(last, (ending.get(last) ?? 0) + bytesOf(output));
    }
    peak = Math.max(peak, now);
    now -= ending.get(i) ?? 0;
  });
  return peak;
}

/** The value as its producer lists it. */
const canonical = (value: Value): Value =>
  value.producer.kind === 'node' ? value.producer.outputs[value.index] : value;
