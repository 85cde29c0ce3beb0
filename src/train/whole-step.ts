import { Session, type SessionOptions, type Tensors } from '../runtime/session.ts';
import { scalarTensor, zeros, type Tensor } from '../tensor/tensor.ts';
import type { Objective, StepOptions, Trained } from './objective.ts';
import { updateRule } from './optimiser.ts';
import { nextName, type TrainingState } from './state.ts';
import { buildStep, learningRateInput, scalarInput, type StepGraph } from './step.ts';
import { roomForMetrics, type StepPlace, type Stepper } from './stepper.ts';

/**
 * Steps as one graph. The state lies in two sets of preallocated tensors; a step reads one set and
 * has ONNX Runtime write the other, so nothing is copied.
 */
export class WholeStep implements Stepper {
  readonly #options: StepOptions;
  readonly #step: StepGraph;
  readonly #session: Session;
  readonly #state: TrainingState;
  #spare: ReadonlyMap<string, Tensor>;

  private constructor(
    options: StepOptions,
    step: StepGraph,
    session: Session,
    state: TrainingState,
  ) {
    this.#options = options;
    this.#step = step;
    this.#session = session;
    this.#state = state;
    this.#spare = new Map(
      [...state.changing()].map(([name, t]) => [name, zeros(t.dtype, t.shape)]),
    );
  }

  static async create(
    objective: Objective,
    trained: readonly Trained[],
    options: StepOptions & SessionOptions,
    state: TrainingState,
  ): Promise<WholeStep> {
    const step = buildStep(objective, trained, options);
    const session = await Session.create(step.graph, {
      ...options,
      inPlace: true,
      spinning: true,
    });
    return new WholeStep(options, step, session, state);
  }

  async run(inputs: Tensors, { lr, t }: StepPlace): Promise<Tensors> {
    const { optimiser } = this.#options;
    const rule = updateRule(optimiser);
    const scalars = rule.stepScalars(optimiser, t);
    const metrics = roomForMetrics(this.#step.graph, this.#step.metricNames);
    const names = [...this.#step.graph.parameters.keys()];
    const state = names.map((name) => [name, this.#state.get(name)]);
    const next = [...this.#spare].map(([name, spare]) => [nextName(name), spare]);
    await this.#session.run(
      {
        ...inputs,
        ...Object.fromEntries(state),
        [learningRateInput]: scalarTensor(lr),
        ...Object.fromEntries(
          rule.scalars.map((name, i) => [scalarInput(name), scalarTensor(scalars[i])]),
        ),
      },
      { ...metrics, ...Object.fromEntries(next) },
    );
    this.#spare = this.#state.exchangeAll(this.#spare);
    return metrics;
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }
}
