import { readFileSync } from 'node:fs';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { graphOf } from '../../src/graph/graph.ts';
import type { Value } from '../../src/graph/value.ts';
import { Session, type Tensors } from '../../src/runtime/session.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** Computes some outputs of a model once. */
export async function compute(
  outputs: Readonly<Record<string, Value>>,
  parameters: ReadonlyMap<string, Tensor>,
  inputs: Tensors,
): Promise<Tensors> {
  const graph = graphOf(outputs);
  const session = await Session.create(graph, { parameters });
  const used = Object.fromEntries(
    Object.entries(inputs).filter(([name]) => session.inputNames.includes(name)),
  );
  const results = await session.run(used);
  await session.dispose();
  return results;
}

export function readWeights(path: string): ReadonlyMap<string, Tensor> {
  return decodeSafetensors(readFileSync(path), path).tensors;
}
