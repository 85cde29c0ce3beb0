/** A module's name in one layout, and in another. */
export type NamePair = readonly [from: string, to: string];

/** Names of parameters in another layout: each keeps what follows the longest module that is known. */
export class Renaming {
  readonly #modules: ReadonlyMap<string, string>;

  constructor(pairs: Iterable<NamePair>) {
    this.#modules = new Map(pairs);
  }

  /** `undefined` where no module of the name is known. */
  rename(name: string): string | undefined {
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
      const module = this.#modules.get(name.slice(0, end));
      if (module !== undefined) return module + name.slice(end);
    }
    return undefined;
  }

  /** The way back. */
  inverse(): Renaming {
    return new Renaming([...this.#modules].map(([from, to]) => [to, from]));
  }
}

/** Numbers of 0 and more for as long as something holds for them. */
export function countWhile(holds: (index: number) => boolean): number {
  let count = 0;
  while (holds(count)) count++;
  return count;
}
