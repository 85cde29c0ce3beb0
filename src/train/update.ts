import { allOrNothing, disposeAll } from '../base/dispose.ts';
import { groupBy } from '../base/group-by.ts';
import { graphOf, type Graph } from '../graph/graph.ts';
import { mul } from '../graph/ops/binary/ops.ts';
import { reduceSumSquare } from '../graph/ops/reduction/ops.ts';
import { input, type Value } from '../graph/value.ts';
import { Session, type SessionOptions, type Tensors } from '../runtime/session.ts';
import { scalarTensor, sizeOf, tensor, type Tensor } from '../tensor/tensor.ts';
import type { StepOptions, Trained } from './objective.ts';
import { updateRule, type Optimiser } from './optimiser.ts';
import { emaName, nextName, slotName, type TrainingState } from './state.ts';
import { clipEpsilon, movingAverage } from './step.ts';

/** What an update does to one parameter goes element by element, so its shape does not matter. */
const flat = (name: string): Value => input(name, 'float32', ['n']);
const scalarOf = (name: string): Value => input(name, 'float32', []);

function updateGraph(optimiser: Optimiser, weightDecay: number): Graph {
  const rule = updateRule(optimiser);
  const names = rule.slots(optimiser);
  const { theta, slots } = rule.update(optimiser, {
    theta: flat('theta'),
    g: mul(flat('gradient'), scalarOf('scale')),
    slots: names.map(flat),
    lr: scalarOf('lr'),
    weightDecay,
    scalars: rule.scalars.map(scalarOf),
  });
  return graphOf({
    [nextName('theta')]: theta,
    ...Object.fromEntries(names.map((slot, i) => [nextName(slot), slots[i]])),
  });
}

const normGraph = (): Graph => graphOf({ square: reduceSumSquare(flat('gradient')) });

const averageGraph = (decay: number): Graph =>
  graphOf({ [nextName('average')]: movingAverage(flat('average'), flat('value'), decay) });

interface Sessions {
  readonly norm: Session;
  readonly average: Session | undefined;
  /** By weight decay. */
  readonly updates: ReadonlyMap<number, Session>;
}

/**
 * Changes the weights by gradients that are there already, one parameter after the other: what is
 * written needs room beside what is read for one parameter of each size, not for all of them.
 */
export class Update {
  readonly #trained: readonly Trained[];
  readonly #buffers: readonly string[];
  readonly #options: StepOptions;
  readonly #state: TrainingState;
  readonly #sessions: Sessions;
  /** Arrays that were replaced, by their length. */
  readonly #spare = new Map<number, Float32Array[]>();

  private constructor(
    trained: readonly Trained[],
    buffers: readonly string[],
    options: StepOptions,
    state: TrainingState,
    sessions: Sessions,
  ) {
    this.#trained = trained;
    this.#buffers = buffers;
    this.#options = options;
    this.#state = state;
    this.#sessions = sessions;
  }

  /** @param buffers what steps change beside the parameters: it is averaged as well. */
  static create(
    trained: readonly Trained[],
    buffers: readonly string[],
    options: StepOptions & SessionOptions,
    state: TrainingState,
  ): Promise<Update> {
    const { optimiser, emaDecay, threads } = options;
    return allOrNothing(async (keep) => {
      const session = async (graph: Graph): Promise<Session> =>
        keep(await Session.create(graph, { threads, inPlace: true }));
      const updates = new Map<number, Session>();
      for (const decay of groupBy(trained, (p) => decayOf(p, optimiser)).keys()) {
        updates.set(decay, await session(updateGraph(optimiser, decay)));
      }
      return new Update(trained, buffers, options, state, {
        norm: await session(normGraph()),
        average: emaDecay === undefined ? undefined : await session(averageGraph(emaDecay)),
        updates,
      });
    });
  }

  /**
   * @param sums of the gradients of `parts` parts, by parameter.
   * @returns the norm of their mean, before it is clipped.
   */
  async run(
    sums: ReadonlyMap<string, Tensor<'float32'>>,
    { lr, t, parts }: { readonly lr: number; readonly t: number; readonly parts: number },
  ): Promise<number> {
    const { clipNorm, optimiser } = this.#options;
    const norm = (await this.#norm(sums)) / parts;
    const clipping = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (norm + clipEpsilon));
    const rule = updateRule(optimiser);
    const values = rule.stepScalars(optimiser, t);
    const scalars = {
      scale: scalarTensor(clipping / parts),
      ...Object.fromEntries(rule.scalars.map((name, i) => [name, scalarTensor(values[i])])),
    };
    for (const parameter of this.#trained) {
      const { name, options } = parameter;
      const lrOfIt = scalarTensor(lr * (options.learningRate ?? 1));
      const session = this.#sessions.updates.get(decayOf(parameter, optimiser))!;
      await this.#replace(session, [['theta', name], ...slotsOf(name, rule.slots(optimiser))], {
        ...scalars,
        lr: lrOfIt,
        gradient: flattened(sums.get(name)!),
      });
    }
    await this.#average();
    return norm;
  }

  async dispose(): Promise<void> {
    const { norm, average, updates } = this.#sessions;
    await disposeAll([norm, ...(average ? [average] : []), ...updates.values()]);
  }

  async #norm(sums: ReadonlyMap<string, Tensor<'float32'>>): Promise<number> {
    let total = 0;
    for (const sum of sums.values()) {
      const square = scalarTensor(0);
      await this.#sessions.norm.run({ gradient: flattened(sum) }, { square });
      total += square.data[0];
    }
    return Math.sqrt(total);
  }

  async #average(): Promise<void> {
    const { average } = this.#sessions;
    if (!average) return;
    for (const name of [...this.#buffers, ...this.#trained.map((p) => p.name)]) {
      const value = flattened(this.#state.get(name) as Tensor<'float32'>);
      await this.#replace(average, [['average', emaName(name)]], { value });
    }
  }

  /** Runs a session on tensors of the state and puts its outputs in their places. */
  async #replace(
    session: Session,
    targets: readonly (readonly [input: string, name: string])[],
    others: Tensors,
  ): Promise<void> {
    const inputs = targets.map(([key, name]) => [key, flattened(this.#tensor(name))] as const);
    const fresh = inputs.map(([, { shape }]) => tensor('float32', shape, this.#take(shape[0])));
    await session.run(
      { ...others, ...Object.fromEntries(inputs) },
      Object.fromEntries(inputs.map(([key], i) => [nextName(key), fresh[i]])),
    );
    targets.forEach(([, name], i) => {
      const { shape, data } = this.#tensor(name);
      this.#state.exchange(name, tensor('float32', shape, fresh[i].data));
      this.#give(data);
    });
  }

  #tensor(name: string): Tensor<'float32'> {
    return this.#state.get(name) as Tensor<'float32'>;
  }

  #take(length: number): Float32Array {
    return this.#spare.get(length)?.pop() ?? new Float32Array(length);
  }

  #give(data: Float32Array): void {
    const known = this.#spare.get(data.length) ?? [];
    known.push(data);
    this.#spare.set(data.length, known);
  }
}

const decayOf = ({ options }: Trained, { weightDecay }: Optimiser): number =>
  options.weightDecay ?? weightDecay;

const slotsOf = (name: string, slots: readonly string[]): [string, string][] =>
  slots.map((slot) => [slot, slotName(slot, name)]);

const flattened = ({ shape, data }: Tensor<'float32'>): Tensor<'float32'> =>
  tensor('float32', [sizeOf(shape)], data);
