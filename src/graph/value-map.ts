import type { Producer, Value } from './value.ts';

/** A map whose keys are values: two of them are one key where they are one output of one producer. */
export class ValueMap<T> {
  readonly #entries = new Map<Producer, T[]>();

  get({ producer, index }: Value): T | undefined {
    return this.#entries.get(producer)?.[index];
  }

  set({ producer, index }: Value, entry: T): void {
    const ofProducer = this.#entries.get(producer) ?? [];
    ofProducer[index] = entry;
    this.#entries.set(producer, ofProducer);
  }
}
