import { allOrNothing, disposeAll } from '../base/dispose.ts';
import { throwIfAborted } from '../base/job.ts';
import { graphOf, type Graph } from '../graph/graph.ts';
import { add } from '../graph/ops/binary/ops.ts';
import { parameter, shapeOf, type Value } from '../graph/value.ts';
import { Session, type SessionOptions, type Tensors } from '../runtime/session.ts';
import { sliceRows, scalarTensor, zeros, type Tensor } from '../tensor/tensor.ts';
import { gradientsOf, type Objective, type StepOptions, type Trained } from './objective.ts';
import { nextName, type TrainingState } from './state.ts';
import { roomForMetrics, type StepPlace, type Stepper } from './stepper.ts';
import { Update } from './update.ts';

/** Adds the gradients of a part of a step's rows to sums. */
interface Accumulation {
  readonly graph: Graph;
  readonly metricNames: readonly string[];
  /** The buffers that it changes. */
  readonly buffers: readonly string[];
}

const sumName = (name: string): string => `gradient/${name}`;

function buildAccumulation(
  objective: Objective,
  trained: readonly Trained[],
  options: StepOptions,
): Accumulation {
  const { loss, metrics, updates = new Map<string, Value>() } = objective;
  const outputs: Record<string, Value> = { loss, ...metrics };
  const metricNames = Object.keys(outputs);
  for (const [name, value] of updates) outputs[nextName(name)] = value;
  gradientsOf(objective, trained, options).forEach((g, i) => {
    const sum = sumName(trained[i].name);
    outputs[nextName(sum)] = add(parameter(sum, shapeOf(g)), g);
  });
  return { graph: graphOf(outputs), metricNames, buffers: [...updates.keys()] };
}

/**
 * Steps whose rows are run in parts: gradients are summed up part by part, then the weights change,
 * one parameter after the other. So there is one copy of all that is as large as the model, and
 * the forward pass holds the rows of one part.
 */
export class AccumulatedStep implements Stepper {
  readonly #parts: number;
  readonly #accumulation: Accumulation;
  readonly #session: Session;
  readonly #state: TrainingState;
  readonly #update: Update;
  /** Sums of gradients by the name of the parameter. */
  readonly #sums: ReadonlyMap<string, Tensor<'float32'>>;
  #spare: ReadonlyMap<string, Tensor>;

  private constructor(
    parts: number,
    accumulation: Accumulation,
    trained: readonly Trained[],
    session: Session,
    update: Update,
    state: TrainingState,
  ) {
    this.#parts = parts;
    this.#accumulation = accumulation;
    this.#session = session;
    this.#state = state;
    this.#update = update;
    this.#sums = new Map(
      trained.map(({ name, theta }) => [name, zeros('float32', shapeOf(theta))]),
    );
    this.#spare = new Map(
      accumulation.buffers.map((name) => [name, zeros('float32', state.get(name).shape)]),
    );
  }

  /** @param objective of the rows of one part. */
  static create(
    objective: Objective,
    trained: readonly Trained[],
    options: StepOptions & SessionOptions,
    state: TrainingState,
  ): Promise<AccumulatedStep> {
    const { accumulate = 1 } = options;
    const accumulation = buildAccumulation(objective, trained, options);
    return allOrNothing(async (keep) => {
      const session = keep(
        await Session.create(accumulation.graph, { ...options, inPlace: true, spinning: true }),
      );
      const update = keep(await Update.create(trained, accumulation.buffers, options, state));
      return new AccumulatedStep(accumulate, accumulation, trained, session, update, state);
    });
  }

  async run(inputs: Tensors, { lr, t, signal }: StepPlace): Promise<Tensors> {
    for (const { data } of this.#sums.values()) data.fill(0);
    const parts: Tensors[] = [];
    for (let part = 0; part < this.#parts; part++) {
      throwIfAborted(signal);
      parts.push(await this.#runPart(this.#part(inputs, part)));
    }
    const norm = await this.#update.run(this.#sums, { lr, t, parts: this.#parts });
    return { ...meanOf(parts), grad_norm: scalarTensor(norm) };
  }

  dispose(): Promise<void> {
    return disposeAll([this.#session, this.#update]);
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }

  async #runPart(inputs: Tensors): Promise<Tensors> {
    const { graph, metricNames } = this.#accumulation;
    const metrics = roomForMetrics(graph, metricNames);
    const sums = [...this.#sums];
    const model = [...graph.parameters.keys()]
      .filter((name) => !name.startsWith(sumName('')))
      .map((name) => [name, this.#state.get(name)]);
    await this.#session.run(
      {
        ...inputs,
        ...Object.fromEntries(model),
        ...Object.fromEntries(sums.map(([name, sum]) => [sumName(name), sum])),
      },
      {
        ...metrics,
        ...Object.fromEntries([...this.#spare].map(([name, t]) => [nextName(name), t])),
        // Into the sums themselves: one addition reads each, element by element, and writes it.
        ...Object.fromEntries(sums.map(([name, sum]) => [nextName(sumName(name)), sum])),
      },
    );
    this.#spare = this.#state.exchangeAll(this.#spare);
    return metrics;
  }

  /** The inputs of a part: its rows of those that have the rows of the whole step. */
  #part(inputs: Tensors, part: number): Tensors {
    const entries = Object.entries(inputs).map(([name, whole]) => {
      const [rows] = this.#accumulation.graph.inputs.get(name)?.shape ?? [];
      return typeof rows === 'number' && rows * this.#parts === whole.shape[0]
        ? [name, sliceRows(whole, part * rows, rows)]
        : [name, whole];
    });
    return Object.fromEntries(entries) as Tensors;
  }
}

/** Means of metrics over the parts. */
function meanOf(parts: readonly Tensors[]): Tensors {
  return Object.fromEntries(
    Object.entries(parts[0]).map(([name, first]) => {
      const mean = zeros('float32', first.shape);
      for (const part of parts) {
        (part[name].data as Float32Array).forEach((v, i) => (mean.data[i] += v / parts.length));
      }
      return [name, mean];
    }),
  );
}
