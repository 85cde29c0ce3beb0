import type { Graph } from '../graph/graph.ts';
import { shapeOf } from '../graph/value.ts';
import type { Tensors } from '../runtime/session.ts';
import { zeros } from '../tensor/tensor.ts';

/** Where in a training a step is. */
export interface StepPlace {
  /** The learning rate. */
  readonly lr: number;
  /** Number of the step, from 1. */
  readonly t: number;
  readonly signal?: AbortSignal | undefined;
}

/** Does the steps of a training to its state. */
export interface Stepper {
  /** @returns `loss`, `grad_norm` and the objective's own metrics. */
  run(inputs: Tensors, place: StepPlace): Promise<Tensors>;
  dispose(): Promise<void>;
  /** Ends profiling and writes the file. */
  endProfiling(): void;
}

/** Tensors for a graph to write its metrics into. */
export const roomForMetrics = ({ outputs }: Graph, names: readonly string[]): Tensors =>
  Object.fromEntries(
    names.map((name) => {
      const value = outputs.get(name)!;
      return [name, zeros(value.dtype, shapeOf(value))];
    }),
  );
