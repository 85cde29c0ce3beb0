import { disposeAll } from '../base/dispose.ts';
import { Turns } from '../base/turns.ts';
import type { Graph } from '../graph/graph.ts';
import { stagesOf, type Stages } from '../graph/stages.ts';
import type { Tensors } from '../runtime/session.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { PartWeights } from './part-weights.ts';
import { ShapedModel, type Runnable, type ShapedModelOptions } from './shaped-model.ts';

/** What came of the first stage, and from what. */
interface Kept {
  readonly shape: string;
  readonly known: readonly (Tensor | undefined)[];
  readonly outputs: Tensors;
}

/**
 * A network that is run many times with some inputs the same. What they alone decide, such as the
 * keys and values of a text that is attended to, is computed when one of them is another tensor
 * than in the run before.
 */
export class StagedModel<Shape extends readonly number[]> implements Runnable<Shape> {
  readonly #names: readonly string[];
  readonly #first: ShapedModel<Shape>;
  readonly #second: ShapedModel<Shape>;
  readonly #turns = new Turns();
  #kept: Kept | undefined;

  /** @param names inputs that stay the same. */
  constructor(
    build: (shape: Shape) => Graph,
    names: readonly string[],
    weights: (graph: Graph) => Promise<PartWeights>,
    options: ShapedModelOptions = {},
  ) {
    this.#names = names;
    const known = new Set(names);
    const stages = latest((shape: Shape) => stagesOf(build(shape), known));
    const stage = (which: keyof Stages): ShapedModel<Shape> =>
      new ShapedModel((shape) => stages(shape)[which], weights, options);
    this.#first = stage('first');
    this.#second = stage('second');
  }

  run(shape: Shape, inputs: Tensors): Promise<Tensors> {
    return this.#turns.take(async () => {
      const handedOver = await this.#firstStage(shape, inputs);
      return this.#second.run(shape, { ...inputs, ...handedOver });
    });
  }

  dispose(): Promise<void> {
    return this.#turns.take(async () => {
      this.#kept = undefined;
      await disposeAll([this.#first, this.#second]);
    });
  }

  async #firstStage(shape: Shape, inputs: Tensors): Promise<Tensors> {
    const known = this.#names.map((name): Tensor | undefined => inputs[name]);
    const kept = this.#kept;
    if (kept?.shape === shape.join('x') && kept.known.every((t, i) => t === known[i])) {
      return kept.outputs;
    }
    const outputs = await this.#first.run(shape, inputs);
    this.#kept = { shape: shape.join('x'), known, outputs };
    return outputs;
  }
}

/** Keeps what it made last: both stages of a shape are wanted one after the other. */
function latest<Shape extends readonly number[], T>(
  make: (shape: Shape) => T,
): (shape: Shape) => T {
  let kept: { readonly shape: string; readonly made: T } | undefined;
  return (shape) => {
    const name = shape.join('x');
    if (kept?.shape !== name) kept = { shape: name, made: make(shape) };
    return kept.made;
  };
}
