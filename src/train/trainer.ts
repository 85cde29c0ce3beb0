import { ModelLockError } from '../base/error.ts';
import { shapeOf, type Value } from '../graph/value.ts';
import { Session, type Tensors } from '../runtime/session.ts';
import { scalarTensor, tensor, zeros, type Tensor } from '../tensor/tensor.ts';
import { updateRule } from './optimiser.ts';
import {
  buildStep,
  emaName,
  learningRateInput,
  nextName,
  type Objective,
  type StepGraph,
  type StepOptions,
} from './step.ts';

export type Weights = ReadonlyMap<string, Tensor>;

/**
 * Runs training steps and holds the state between them: weights, buffers, the optimiser's memory
 * and averages. The state lies in two sets of preallocated tensors; a step reads one set and has
 * ONNX Runtime write the other, so nothing is copied. Knows no task.
 */
export class Trainer {
  readonly #options: StepOptions;
  readonly #step: StepGraph;
  readonly #session: Session;
  #state: Record<string, Tensor>;
  #spare: Record<string, Tensor>;
  #frozen: Tensors;
  #steps: number;

  private constructor(options: StepOptions, step: StepGraph, session: Session, weights: Weights) {
    this.#options = options;
    this.#step = step;
    this.#session = session;
    const state = initialState(step, weights);
    const outputs = step.graph.outputs;
    const isNext = ([name]: [string, Tensor]): boolean => outputs.has(nextName(name));
    const entries = Object.entries(state);
    this.#state = Object.fromEntries(entries.filter(isNext));
    this.#frozen = Object.fromEntries(entries.filter((entry) => !isNext(entry)));
    this.#spare = Object.fromEntries(
      Object.entries(this.#state).map(([name, t]) => [name, zeros(t.dtype, t.shape)]),
    );
    this.#steps = 0;
  }

  /** @param weights initial values of every parameter and buffer; copied. */
  static async create(
    objective: Objective,
    options: StepOptions & { readonly threads?: number; readonly profilePrefix?: string },
    weights: Weights,
  ): Promise<Trainer> {
    const step = buildStep(objective, options);
    const session = await Session.create(step.graph, { ...options, inPlace: true });
    return new Trainer(options, step, session, weights);
  }

  /** Steps done so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One step on one batch.
   * @param inputs what the objective's graph takes: images, labels, masks.
   * @param lr learning rate of this step.
   * @returns `loss`, `grad_norm` and the objective's own metrics.
   */
  async step(inputs: Tensors, lr: number): Promise<Tensors> {
    const rule = updateRule(this.#options.optimiser);
    const scalars = rule.stepScalars(this.#options.optimiser, this.#steps + 1);
    const metrics = Object.fromEntries(
      this.#step.metricNames.map((name) => [name, roomFor(this.#step.graph.outputs.get(name)!)]),
    );
    await this.#session.run(
      {
        ...inputs,
        ...this.#frozen,
        ...this.#state,
        [learningRateInput]: scalarTensor(lr),
        ...Object.fromEntries(
          rule.scalars.map((name, i) => [`train/${name}`, scalarTensor(scalars[i])]),
        ),
      },
      {
        ...metrics,
        ...Object.fromEntries(Object.entries(this.#spare).map(([name, t]) => [nextName(name), t])),
      },
    );
    [this.#state, this.#spare] = [this.#spare, this.#state];
    this.#steps += 1;
    return metrics;
  }

  /** The weights and buffers now; `averaged` ones where averages are kept. Views, valid until the next step. */
  weights(kind: 'current' | 'averaged' = 'current'): Map<string, Tensor> {
    const all = { ...this.#frozen, ...this.#state };
    return new Map(
      Object.keys(all)
        .filter((name) => !this.#step.slots.has(name) && !this.#step.averages.has(name))
        .map((name) => [name, (kind === 'averaged' && all[emaName(name)]) || all[name]]),
    );
  }

  /** Everything that `restore` needs to go on exactly here. */
  snapshot(): { steps: number; tensors: Map<string, Tensor> } {
    return { steps: this.#steps, tensors: new Map(Object.entries(this.#state)) };
  }

  /**
   * Goes on from a snapshot. Throws `corrupt`, naming `where`, when it is of another model or
   * optimiser; the state is then as it was.
   */
  restore(
    snapshot: { steps: number; tensors: ReadonlyMap<string, Tensor> },
    where = 'the snapshot',
  ): void {
    const pairs = Object.entries(this.#state).map(([name, target]) => {
      const source = snapshot.tensors.get(name);
      if (!source || source.dtype !== target.dtype || !isSameShape(source.shape, target.shape)) {
        throw new ModelLockError(
          'corrupt',
          `${where} is of another model or optimiser: "${name}" differs`,
        );
      }
      return [target.data as Float32Array, source.data as Float32Array] as const;
    });
    for (const [target, source] of pairs) target.set(source);
    this.#steps = snapshot.steps;
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }

  /** Ends profiling and writes the file. */
  endProfiling(): void {
    this.#session.endProfiling();
  }
}

const roomFor = (value: Value): Tensor => zeros(value.dtype, shapeOf(value));

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function initialState(step: StepGraph, weights: Weights): Record<string, Tensor> {
  const state: Record<string, Tensor> = {};
  for (const name of step.graph.parameters.keys()) {
    const slot = step.slots.get(name);
    if (slot) {
      state[name] = zeros('float32', slot);
      continue;
    }
    const source = weights.get(step.averages.get(name) ?? name);
    if (!source) throw new ModelLockError('data', `no initial value for parameter "${name}"`);
    state[name] = tensor(source.dtype, source.shape, source.data.slice() as Float32Array);
  }
  return state;
}
