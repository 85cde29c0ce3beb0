import { ModelLockError } from '../../base/error.ts';
import type { StoredTensor, StoredTensors } from '../../formats/stored-tensor.ts';
import type { RawConfig } from '../../nn/config.ts';

/** A part of a pipeline as a diffusers folder has it: a configuration, and tensors under diffusers' names. */
export interface StoredComponent {
  readonly config: RawConfig;
  readonly tensors: StoredTensors;
}

/** The tensors of one part of a file under the names they have there, and what to say of it. */
export class OriginalPart {
  readonly tensors: StoredTensors;
  /** The file and the part, for messages. */
  readonly where: string;
  readonly #prefix: string;

  /** @param ignored names, behind the prefix, of what is of no use to a pipeline. */
  constructor(tensors: StoredTensors, prefix: string, ignored: RegExp, where: string) {
    this.tensors = new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor] as const)
        .filter(([name]) => !ignored.test(name)),
    );
    this.where = where;
    this.#prefix = prefix;
  }

  /** Whether there is a layer of that name, with a weight. */
  readonly has = (layer: string): boolean => this.tensors.has(`${layer}.weight`);

  /** The tensors under other names. Throws `unsupported` where `rename` knows none, with the first of them. */
  renamed(rename: (name: string) => string | undefined): Map<string, StoredTensor> {
    const result = new Map<string, StoredTensor>();
    const unknown: string[] = [];
    for (const [name, tensor] of this.tensors) {
      const to = rename(name);
      if (to === undefined) unknown.push(`"${this.#prefix}${name}"`);
      else result.set(to, tensor);
    }
    if (unknown.length > 0) {
      const more = unknown.length > 3 ? ` and ${unknown.length - 3} more` : '';
      throw new ModelLockError(
        'unsupported',
        `${this.where} has tensors of no known place: ${unknown.slice(0, 3).join(', ')}${more}`,
      );
    }
    return result;
  }
}

/** The shapes of a component's tensors, of which a configuration is made. */
export class Shapes {
  readonly #tensors: StoredTensors;
  readonly #where: string;

  constructor(tensors: StoredTensors, where: string) {
    this.#tensors = tensors;
    this.#where = where;
  }

  readonly has = (layer: string): boolean => this.#tensors.has(`${layer}.weight`);

  /** Of a layer's weight. Throws `corrupt` where there is none. */
  of(layer: string): readonly number[] {
    const found = this.#tensors.get(`${layer}.weight`);
    if (found) return found.shape;
    throw new ModelLockError('corrupt', `${this.#where} has no tensor "${layer}.weight"`);
  }

  /** An axis of a layer's weight. Throws `corrupt` where there is none. */
  size(layer: string, axis: number): number {
    const size = this.of(layer).at(axis);
    if (size !== undefined) return size;
    throw new ModelLockError('corrupt', `${this.#where}: tensor "${layer}.weight" lacks an axis`);
  }

  fail(what: string): never {
    throw new ModelLockError('unsupported', `${this.#where} ${what}`);
  }
}
