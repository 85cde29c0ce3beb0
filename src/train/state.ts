import { ModelLockError } from '../base/error.ts';
import { graphOf } from '../graph/graph.ts';
import { shapeOf } from '../graph/value.ts';
import { tensor, zeros, type Tensor } from '../tensor/tensor.ts';
import type { Objective, StepOptions, Trained } from './objective.ts';
import { updateRule } from './optimiser.ts';

export type Weights = ReadonlyMap<string, Tensor>;

/** Of a tensor of the state: the name of the output that holds it after a step. */
export const nextName = (name: string): string => `next/${name}`;
export const slotName = (slot: string, name: string): string => `optimiser/${slot}/${name}`;
export const emaName = (name: string): string => `ema/${name}`;

/** What a training keeps between steps. */
export interface StateLayout {
  /** Parameters and buffers of the model. */
  readonly model: ReadonlySet<string>;
  /** Those of them that steps change. */
  readonly changing: ReadonlySet<string>;
  /** Names and shapes of the optimiser's memory, zero at first. */
  readonly slots: ReadonlyMap<string, readonly number[]>;
  /** The averaged copies: name of the copy to name of the parameter or buffer. */
  readonly averages: ReadonlyMap<string, string>;
}

export function layoutOf(
  { loss, metrics, updates = new Map() }: Objective,
  trained: readonly Trained[],
  { optimiser, emaDecay }: StepOptions,
): StateLayout {
  const { parameters } = graphOf({ loss, ...metrics, ...Object.fromEntries(updates) });
  const changing = [...updates.keys(), ...trained.map(({ name }) => name)];
  const names = updateRule(optimiser).slots(optimiser);
  const slots = trained.flatMap(({ name, theta }) =>
    names.map((slot) => [slotName(slot, name), shapeOf(theta)] as const),
  );
  return {
    model: new Set([...parameters.keys(), ...changing]),
    changing: new Set(changing),
    slots: new Map(slots),
    averages: new Map(
      emaDecay === undefined ? [] : changing.map((name) => [emaName(name), name] as const),
    ),
  };
}

/** The tensors of a training by name: weights, buffers, the optimiser's memory and averages. */
export class TrainingState {
  readonly #layout: StateLayout;
  readonly #tensors: Map<string, Tensor>;

  /** @param weights initial values of every parameter and buffer; copied. */
  constructor(layout: StateLayout, weights: Weights) {
    this.#layout = layout;
    this.#tensors = new Map();
    for (const name of layout.model) this.#tensors.set(name, copyOf(weights, name));
    for (const [name, of] of layout.averages) this.#tensors.set(name, copyOf(weights, of));
    for (const [name, shape] of layout.slots) this.#tensors.set(name, zeros('float32', shape));
  }

  get(name: string): Tensor {
    return this.#tensors.get(name)!;
  }

  /** Puts another tensor in the place of one that steps change. @returns what was there. */
  exchange(name: string, fresh: Tensor): Tensor {
    const old = this.get(name);
    this.#tensors.set(name, fresh);
    return old;
  }

  /** The same for many. @returns what was there, by name. */
  exchangeAll(fresh: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
    return new Map([...fresh].map(([name, t]) => [name, this.exchange(name, t)]));
  }

  /** What steps change. */
  changing(): Map<string, Tensor> {
    const { changing, slots, averages } = this.#layout;
    const names = [...changing, ...slots.keys(), ...averages.keys()];
    return new Map(names.map((name) => [name, this.get(name)]));
  }

  weights(kind: 'current' | 'averaged'): Map<string, Tensor> {
    const averaged = (name: string): Tensor | undefined => this.#tensors.get(emaName(name));
    return new Map(
      [...this.#layout.model].map((name) => [
        name,
        (kind === 'averaged' && averaged(name)) || this.get(name),
      ]),
    );
  }

  /**
   * Takes over what steps change. Throws `corrupt`, naming `where`, when that is of another model
   * or optimiser; the state is then as it was.
   */
  restore(tensors: ReadonlyMap<string, Tensor>, where: string): void {
    const pairs = [...this.changing()].map(([name, target]) => {
      const source = tensors.get(name);
      if (!source || source.dtype !== target.dtype || !isSameShape(source.shape, target.shape)) {
        throw new ModelLockError(
          'corrupt',
          `${where} is of another model or optimiser: "${name}" differs`,
        );
      }
      return [target.data as Float32Array, source.data as Float32Array] as const;
    });
    for (const [target, source] of pairs) target.set(source);
  }
}

function copyOf(weights: Weights, name: string): Tensor {
  const source = weights.get(name);
  if (!source) throw new ModelLockError('data', `no initial value for parameter "${name}"`);
  return tensor(source.dtype, source.shape, source.data.slice() as Float32Array);
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
