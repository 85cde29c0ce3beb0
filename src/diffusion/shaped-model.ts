import type { Graph } from '../graph/graph.ts';
import type { PartWeights } from './part-weights.ts';
import { Session, type SessionOptions, type Tensors } from '../runtime/session.ts';

/** How its sessions are made, all but their weights. */
export interface ShapedModelOptions extends Pick<
  SessionOptions,
  'precision' | 'device' | 'threads'
> {
  /** Sessions kept at once, each with its own copy of the weights. Default: 4. */
  readonly sessions?: number;
}

/** A network that is run for the shapes it meets. Inputs that it does not have are not looked at. */
export interface Runnable<Shape extends readonly number[]> {
  run(shape: Shape, inputs: Tensors): Promise<Tensors>;
  dispose(): Promise<void>;
}

/**
 * A model whose graph is built for the shapes it meets. Each shape has a session of its own; those
 * used longest ago are given back. Weights stay in their files until a session maps them.
 */
export class ShapedModel<Shape extends readonly number[]> implements Runnable<Shape> {
  readonly #build: (shape: Shape) => Graph;
  readonly #weights: (graph: Graph) => Promise<PartWeights>;
  readonly #options: ShapedModelOptions;
  /** In order of use, the latest last. */
  readonly #sessions = new Map<string, Promise<Session | undefined>>();

  constructor(
    build: (shape: Shape) => Graph,
    weights: (graph: Graph) => Promise<PartWeights>,
    options: ShapedModelOptions = {},
  ) {
    this.#build = build;
    this.#weights = weights;
    this.#options = options;
  }

  async run(shape: Shape, inputs: Tensors): Promise<Tensors> {
    const session = await this.#sessionFor(shape);
    return session ? session.run(pick(inputs, session.inputNames)) : {};
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session)?.dispose();
  }

  async #sessionFor(shape: Shape): Promise<Session | undefined> {
    const name = shape.join('x');
    const known = this.#sessions.get(name);
    if (known) {
      this.#sessions.delete(name);
      this.#sessions.set(name, known);
      return known;
    }
    await this.#makeRoom();
    const created = this.#create(shape);
    this.#sessions.set(name, created);
    created.catch(() => this.#sessions.delete(name));
    return created;
  }

  async #makeRoom(): Promise<void> {
    const { sessions = 4 } = this.#options;
    while (this.#sessions.size >= sessions) {
      const [[oldest, session]] = this.#sessions;
      this.#sessions.delete(oldest);
      await (await session)?.dispose();
    }
  }

  /** `undefined` for a graph that computes nothing. */
  async #create(shape: Shape): Promise<Session | undefined> {
    const { threads, precision, device } = this.#options;
    const graph = this.#build(shape);
    if (graph.outputs.size === 0) return undefined;
    return Session.create(graph, {
      parameters: await this.#weights(graph),
      threads,
      precision,
      device,
    });
  }
}

function pick(inputs: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, inputs[name]]));
}
