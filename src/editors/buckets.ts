import type { EditBatch } from './editor.ts';

interface Bucket<Item> {
  readonly items: Item[];
  /** Items of a full batch. */
  readonly size: number;
}

/** Collects items of one shape into full batches, while no more than a few batches wait for company. */
export class Buckets<Item> {
  readonly #waiting = new Map<string, Bucket<Item>>();
  readonly #most: number;

  /** @param most how many full batches' worth of items may wait. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Adds an item and returns what is to be done now: a full batch of that shape when it has become
   * one, and the fullest of the others while too much waits.
   */
  *add(item: Item, { shape, size }: EditBatch): Generator<Item[]> {
    const bucket = this.#waiting.get(shape) ?? { items: [], size };
    this.#waiting.set(shape, bucket);
    bucket.items.push(item);
    if (bucket.items.length >= size) yield this.#take(shape);
    while (this.#held() > this.#most) {
      const [fullest] = [...this.#waiting].reduce((a, b) =>
        shareOf(b[1]) > shareOf(a[1]) ? b : a,
      );
      yield this.#take(fullest);
    }
  }

  /** What is left, in the order in which its shapes first came. */
  *drain(): Generator<Item[]> {
    for (const shape of this.#waiting.keys()) yield this.#take(shape);
  }

  #held(): number {
    return [...this.#waiting.values()].reduce((sum, bucket) => sum + shareOf(bucket), 0);
  }

  #take(shape: string): Item[] {
    const { items } = this.#waiting.get(shape)!;
    this.#waiting.delete(shape);
    return items;
  }
}

const shareOf = <Item>({ items, size }: Bucket<Item>): number => items.length / size;
