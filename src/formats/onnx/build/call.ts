import { ModelLockError } from '../../../base/error.ts';
import type { Dim } from '../../../graph/shape.ts';
import type { AttributeTypes, Value } from '../../../graph/value.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { OnnxAttribute } from '../attributes.ts';
import type { OnnxNode } from '../model.ts';
import { isKnown, numbersOf, valueOf, type Edge, type Known } from './known.ts';

/** What a translation may ask of the graph around its node. */
export interface Surroundings {
  readonly opset: number;
  /** A value of this dtype that is zero (or false) everywhere, with the named axis `dim` alone. */
  zerosAlong(dim: string): Value;
  /** Batch normalisation by the statistics that it keeps, or in training by the batch's own. */
  readonly normalisation: Normalisation;
}

/** How batch normalisation is built. */
export type Normalisation = (x: Value, norm: BatchNorm) => Value;

export interface BatchNorm {
  /** Each [C]. */
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
  readonly epsilon: number;
  /** Share of the old statistics in the new ones; PyTorch's momentum is 1 minus this. */
  readonly momentum: number;
}

/** A node that is being translated, with what comes in. */
export class Call {
  readonly node: OnnxNode;
  readonly inputs: readonly (Edge | undefined)[];
  readonly around: Surroundings;

  constructor(node: OnnxNode, inputs: readonly (Edge | undefined)[], around: Surroundings) {
    this.node = node;
    this.inputs = inputs;
    this.around = around;
  }

  edge(index: number): Edge {
    const edge = this.inputs[index];
    if (!edge) throw new ModelLockError('corrupt', `input ${index} is missing`);
    return edge;
  }

  value(index: number): Value {
    return valueOf(this.edge(index));
  }

  optional(index: number): Value | undefined {
    const edge = this.inputs[index];
    return edge && valueOf(edge);
  }

  /** All inputs as values. */
  values(): readonly (Value | undefined)[] {
    return this.inputs.map((edge) => edge && valueOf(edge));
  }

  /** An input that must be known before the graph runs, such as a shape; or `undefined`. */
  known(index: number, what: string): Known | undefined {
    const edge = this.inputs[index];
    if (!edge || isKnown(edge)) return edge;
    throw new ModelLockError('unsupported', `${what} is computed from the data`);
  }

  /** Whole numbers, or lengths of named axes, of an input that must be known. */
  dims(index: number, what: string): readonly Dim[] | undefined {
    const dims = this.known(index, what)?.elements;
    const odd = dims?.find((dim) => typeof dim === 'number' && !Number.isSafeInteger(dim));
    if (odd === undefined) return dims;
    throw new ModelLockError('corrupt', `${what} has ${odd} in it`);
  }

  /** The whole numbers of an input that must be known. */
  numbers(index: number, what: string): readonly number[] | undefined {
    const dims = this.dims(index, what);
    return dims && numbersOf(dims);
  }

  /** The axes of a node: an attribute in older opsets, an input in newer ones. */
  axes(index: number): readonly number[] | undefined {
    return this.ints('axes') ?? this.numbers(index, 'the list of axes');
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    return this.#attribute('int', name) ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.#attribute('float', name) ?? otherwise;
  }

  string(name: string, otherwise: string): string {
    return this.#attribute('string', name) ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute('ints', name);
  }

  tensor(name: string): Tensor | undefined {
    const found = this.node.attributes.get(name);
    if (!found) return undefined;
    if (found.kind === 'tensor') return found.value;
    throw wrongKind(name, found, 'tensor');
  }

  #attribute<K extends keyof AttributeTypes>(kind: K, name: string): AttributeTypes[K] | undefined {
    const found = this.node.attributes.get(name);
    if (!found) return undefined;
    if (found.kind === kind) return found.value as AttributeTypes[K];
    throw wrongKind(name, found, kind);
  }
}

export function wrongKind(name: string, { kind }: OnnxAttribute, wanted: string): ModelLockError {
  return new ModelLockError('corrupt', `attribute "${name}" is of kind ${kind}, not ${wanted}`);
}
