import type { SessionOptions, Tensors } from '../runtime/session.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { AccumulatedStep } from './accumulated-step.ts';
import { trainedParameters, type Objective, type StepOptions } from './objective.ts';
import { layoutOf, TrainingState, type Weights } from './state.ts';
import type { Stepper } from './stepper.ts';
import { WholeStep } from './whole-step.ts';

/** Runs training steps and holds the state between them. Knows no task. */
export class Trainer {
  readonly #state: TrainingState;
  readonly #stepper: Stepper;
  #steps = 0;

  private constructor(state: TrainingState, stepper: Stepper) {
    this.#state = state;
    this.#stepper = stepper;
  }

  /**
   * Throws `usage` where nothing is trained, `data` where `weights` lack one of the model's, and
   * `unsupported` where an operator has no gradient, or ONNX Runtime refuses the graph.
   *
   * @param objective of the rows of a step; of one of its parts where gradients are accumulated.
   * @param weights initial values of every parameter and buffer; copied.
   */
  static async create(
    objective: Objective,
    options: StepOptions & Pick<SessionOptions, 'threads' | 'profilePrefix'>,
    weights: Weights,
  ): Promise<Trainer> {
    const trained = trainedParameters(objective, options);
    const state = new TrainingState(layoutOf(objective, trained, options), weights);
    const inParts = (options.accumulate ?? 1) > 1;
    const steps = inParts ? AccumulatedStep : WholeStep;
    const stepper = await steps.create(objective, trained, options, state);
    return new Trainer(state, stepper);
  }

  /** Steps done so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One step on one batch.
   * @param inputs what the objective's graph takes: images, labels, masks. Where gradients are
   *   accumulated, the first axis has the rows of all parts.
   * @param lr learning rate of this step.
   * @param signal ends an accumulated step after the part that is being run; the trainer is then of
   *   no further use.
   * @returns `loss`, `grad_norm` and the objective's own metrics, means over the parts.
   */
  async step(inputs: Tensors, lr: number, signal?: AbortSignal): Promise<Tensors> {
    const metrics = await this.#stepper.run(inputs, { lr, t: this.#steps + 1, signal });
    this.#steps += 1;
    return metrics;
  }

  /** The weights and buffers now; `averaged` ones where averages are kept. Views, valid until the next step. */
  weights(kind: 'current' | 'averaged' = 'current'): Map<string, Tensor> {
    return this.#state.weights(kind);
  }

  /** Everything that `restore` needs to go on exactly here. */
  snapshot(): { steps: number; tensors: Map<string, Tensor> } {
    return { steps: this.#steps, tensors: this.#state.changing() };
  }

  /**
   * Goes on from a snapshot. Throws `corrupt`, naming `where`, when it is of another model or
   * optimiser; the state is then as it was.
   */
  restore(
    snapshot: { steps: number; tensors: ReadonlyMap<string, Tensor> },
    where = 'the snapshot',
  ): void {
    this.#state.restore(snapshot.tensors, where);
    this.#steps = snapshot.steps;
  }

  async dispose(): Promise<void> {
    await this.#stepper.dispose();
  }

  /** Ends profiling and writes the file. */
  endProfiling(): void {
    this.#stepper.endProfiling();
  }
}
