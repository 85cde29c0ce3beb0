import { Turns } from '../base/turns.ts';
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
 * used longest ago are given back. Weights stay in their files until a session maps them. What is
 * asked for while it runs waits, so no session is given back that is in use.
 */
export class ShapedModel<Shape extends readonly number[]> implements Runnable<Shape> {
  readonly #build: (shape: Shape) => Graph;
  readonly #weights: (graph: Graph) => Promise<PartWeights>;
  readonly #options: ShapedModelOptions;
  readonly #turns = new Turns();
  /** In order of use, the latest last. */
  readonly #sessions = new Map<string, Session | undefined>();

  constructor(
    build: (shape: Shape) => Graph,
    weights: (graph: Graph) => Promise<PartWeights>,
    options: ShapedModelOptions = {},
  ) {
    this.#build = build;
    this.#weights = weights;
    this.#options = options;
  }

  run(shape: Shape, inputs: Tensors): Promise<Tensors> {
    return this.#turns.take(async () => {
      const session = await this.#sessionFor(shape);
      return session ? session.run(pick(inputs, session.inputNames)) : {};
    });
  }

  dispose(): Promise<void> {
    return this.#turns.take(() => this.#keep(0));
  }

  async #sessionFor(shape: Shape): Promise<Session | undefined> {
    const name = shape.join('x');
    const isKnown = this.#sessions.has(name);
    if (!isKnown) await this.#keep((this.#options.sessions ?? 4) - 1);
    const session = isKnown ? this.#sessions.get(name) : await this.#create(shape);
    this.#sessions.delete(name);
    this.#sessions.set(name, session);
    return session;
  }

  /** Gives back all but the sessions used last. */
  async #keep(count: number): Promise<void> {
    const surplus = Math.max(0, this.#sessions.size - count);
    for (const [name, session] of [...this.#sessions].slice(0, surplus)) {
      this.#sessions.delete(name);
      await session?.dispose();
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
