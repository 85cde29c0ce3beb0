import { ModelLockError } from '../base/error.ts';
import type { Random } from '../base/random/random.ts';
import { input, parameter, type Value } from '../graph/value.ts';
import { sizeOf, tensor, type Tensor } from '../tensor/tensor.ts';

/** How a parameter begins where no checkpoint gives it. */
export type Initialiser =
  | { readonly kind: 'constant'; readonly value: number }
  /** Mean zero. */
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  /** The value of each element, by its place in row-major order. */
  | { readonly kind: 'table'; readonly at: (index: number) => number };

export const zeros: Initialiser = { kind: 'constant', value: 0 };
export const ones: Initialiser = { kind: 'constant', value: 1 };
export const normal = (std: number): Initialiser => ({ kind: 'normal', std });

/** PyTorch's default for linear and convolution layers: uniform within 1 / sqrt(fan in). */
export const fanIn = (fan: number): Initialiser => ({ kind: 'uniform', bound: 1 / Math.sqrt(fan) });

/** He initialisation by fan out, as residual networks use it (arXiv 1502.01852). */
export const kaimingFanOut = (fan: number): Initialiser => normal(Math.sqrt(2 / fan));

export interface Declaration {
  readonly shape: readonly number[];
  readonly init: Initialiser;
}

/** A random mask that a training step takes as an input: dropout, drop path. */
export interface MaskSite {
  readonly shape: readonly number[];
  /** Probability that an element is kept. Kept ones are 1 / keep, others 0. */
  readonly keep: number;
}

/** What a model's definition declared. */
export interface Declarations {
  /** Learnt, by full name. */
  readonly parameters: Map<string, Declaration>;
  /** Kept but not learnt: running statistics. */
  readonly buffers: Map<string, Declaration>;
  /** New values of buffers after a training step. */
  readonly updates: Map<string, Value>;
  /** By the name of the graph's input. */
  readonly masks: Map<string, MaskSite>;
}

export interface ScopeOptions {
  /** Whether the model is built for training. Default: false. */
  readonly training?: boolean;
  /** Parameters that training leaves as they are, by full name. Default: none. */
  readonly isFrozen?: (parameter: string) => boolean;
}

/**
 * Where a model's definition gets its parameters from: a prefix of names, as checkpoints have
 * them, and whether it is built for training.
 */
export class Scope {
  readonly training: boolean;
  readonly declared: Declarations;
  readonly #options: ScopeOptions;
  readonly #prefix: string;

  private constructor(prefix: string, options: ScopeOptions, declared: Declarations) {
    this.#prefix = prefix;
    this.#options = options;
    this.training = options.training ?? false;
    this.declared = declared;
  }

  static root(options: ScopeOptions = {}): Scope {
    return new Scope('', options, {
      parameters: new Map(),
      buffers: new Map(),
      updates: new Map(),
      masks: new Map(),
    });
  }

  /** The names that begin with `name` and a dot. An empty name is this scope itself. */
  within(name: string | number): Scope {
    return name === '' ? this : new Scope(`${this.nameOf(name)}.`, this.#options, this.declared);
  }

  /** Whether training changes a parameter. */
  learns(name: string): boolean {
    return this.training && !this.#options.isFrozen?.(this.nameOf(name));
  }

  parameter(name: string, shape: readonly number[], init: Initialiser): Value {
    return this.#declare(this.declared.parameters, name, shape, init);
  }

  buffer(name: string, shape: readonly number[], init: Initialiser): Value {
    return this.#declare(this.declared.buffers, name, shape, init);
  }

  /** Gives a buffer its value after this step. */
  update(name: string, value: Value): void {
    this.declared.updates.set(this.nameOf(name), value);
  }

  /** A random mask of ones (scaled) and zeros. */
  mask(name: string, shape: readonly number[], keep: number): Value {
    const full = `mask/${this.nameOf(name)}`;
    this.declared.masks.set(full, { shape, keep });
    return input(full, 'float32', shape);
  }

  nameOf(name: string | number): string {
    return `${this.#prefix}${name}`;
  }

  #declare(
    into: Map<string, Declaration>,
    name: string,
    shape: readonly number[],
    init: Initialiser,
  ): Value {
    const full = this.nameOf(name);
    if (into.has(full)) throw new ModelLockError('shape', `parameter "${full}" is declared twice`);
    into.set(full, { shape, init });
    return parameter(full, shape);
  }
}

/** Initial values of everything declared, in the order of declaration. */
export function initialise(
  { parameters, buffers }: Pick<Declarations, 'parameters' | 'buffers'>,
  random: Random,
): Map<string, Tensor<'float32'>> {
  return new Map(
    [...parameters, ...buffers].map(([name, { shape, init }]) => [
      name,
      tensor('float32', shape, Float32Array.from({ length: sizeOf(shape) }, draw(init, random))),
    ]),
  );
}

function draw(init: Initialiser, random: Random): (_: unknown, index: number) => number {
  switch (init.kind) {
    case 'constant':
      return () => init.value;
    case 'normal':
      return () => random.normal() * init.std;
    case 'uniform':
      return () => (random.uniform() * 2 - 1) * init.bound;
    case 'table':
      return (_, index) => init.at(index);
  }
}

/** The values of the masks of one step. */
export function drawMasks(
  { masks }: Pick<Declarations, 'masks'>,
  random: Random,
): Record<string, Tensor<'float32'>> {
  return Object.fromEntries(
    [...masks].map(([name, { shape, keep }]) => [
      name,
      tensor(
        'float32',
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () =>
          random.uniform() < keep ? 1 / keep : 0,
        ),
      ),
    ]),
  );
}
