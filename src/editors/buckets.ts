/** Collects items of one shape into full batches, and holds no more than a bounded amount of them. */
export class Buckets<Item> {
  readonly #waiting = new Map<string, { items: Item[]; cost: number }>();
  readonly #limit: number;
  #held = 0;

  /** @param limit the largest total cost (bytes, say) of items that wait for company. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Adds an item and returns what is to be done now: a batch of `size` items of that shape when it
   * has become full, and the dearest of the others while too much is held.
   */
  *add(
    item: Item,
    cost: number,
    { shape, size }: { shape: string; size: number },
  ): Generator<Item[]> {
    const bucket = this.#waiting.get(shape) ?? { items: [], cost: 0 };
    this.#waiting.set(shape, bucket);
    bucket.items.push(item);
    bucket.cost += cost;
    this.#held += cost;
    if (bucket.items.length >= size) yield this.#take(shape);
    while (this.#held > this.#limit) {
      const [dearest] = [...this.#waiting].reduce((a, b) => (b[1].cost > a[1].cost ? b : a));
      yield this.#take(dearest);
    }
  }

  /** What is left, in the order in which its shapes first came. */
  *drain(): Generator<Item[]> {
    for (const shape of this.#waiting.keys()) yield this.#take(shape);
  }

  #take(shape: string): Item[] {
    const { items, cost } = this.#waiting.get(shape)!;
    this.#waiting.delete(shape);
    this.#held -= cost;
    return items;
  }
}
