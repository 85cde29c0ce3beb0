/** A class or function that a pickle names. Nothing is looked up or imported for it. */
export class Global {
  /** With its module: `collections.OrderedDict`. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object that a pickle makes and nobody needs; what is put into it is dropped. */
export class Opaque {
  /** Of its class. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What a pickle may ask of its reader. */
export interface PickleHost {
  /** A pickle is about to run, in no more than so many bytes: what calls make has to be bounded by it. */
  begin(bytes: number): void;
  /** What a class or function gives for these arguments. Throws for all but those it knows. */
  call(name: string, args: readonly unknown[]): unknown;
  /** What a persistent id stands for: torch keeps the places of storages in them. */
  persistent(id: unknown): unknown;
  /** Throws `corrupt`, naming the file. */
  fail(what: string): never;
}

/** The stack of a running pickle, and the values it remembers. */
export class PickleMachine {
  readonly #host: PickleHost;
  readonly #stack: unknown[] = [];
  /** Heights of the stack that the pickle has marked. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(host: PickleHost) {
    this.#host = host;
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    const height = this.#marks.at(-1) ?? 0;
    if (this.#stack.length <= height) this.fail('its pickle takes more than it made');
    return this.#stack.pop();
  }

  peek(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  popString(): string {
    const value = this.pop();
    return typeof value === 'string'
      ? value
      : this.fail('its pickle has no name where one belongs');
  }

  popArray(): readonly unknown[] {
    const value = this.pop();
    return Array.isArray(value) ? value : this.fail('its pickle has no tuple where one belongs');
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** All that lies above the last mark, which is removed. */
  popMark(): unknown[] {
    const height = this.#marks.pop();
    return height === undefined ? this.fail('its pickle lacks a mark') : this.#stack.splice(height);
  }

  remember(index: number, value: unknown): void {
    this.#memo.set(index, value);
  }

  rememberNext(value: unknown): void {
    this.#memo.set(this.#memo.size, value);
  }

  recall(index: number): unknown {
    if (!this.#memo.has(index)) this.fail(`its pickle recalls value ${index}, which it never made`);
    return this.#memo.get(index);
  }

  /** Calls a class or function, if the host allows it, and keeps what it gives. */
  call(callee: unknown, args: readonly unknown[]): void {
    if (!(callee instanceof Global)) {
      return this.fail('its pickle calls something that is no class or function');
    }
    this.push(this.#host.call(callee.name, args));
  }

  persistent(id: unknown): unknown {
    return this.#host.persistent(id);
  }

  /** Keys and values in turn, into the dict on top of the stack. */
  setItems(items: readonly unknown[]): void {
    const target = this.peek();
    if (target instanceof Opaque) return;
    if (!(target instanceof Map))
      return this.fail('its pickle sets an item of something that is no dict');
    addItems(target, items);
  }

  /** Into the list or set on top of the stack. */
  append(items: readonly unknown[]): void {
    const target = this.peek();
    if (target instanceof Opaque) return;
    // Not `push(...items)`: that would be as many arguments as a hostile pickle likes.
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(item);
    else this.fail('its pickle appends to something that is no list');
  }

  fail(what: string): never {
    return this.#host.fail(what);
  }
}

/** Adds keys and values that follow each other. */
export function addItems(target: Map<unknown, unknown>, items: readonly unknown[]): void {
  for (let i = 0; i + 1 < items.length; i += 2) target.set(items[i], items[i + 1]);
}
