/** Has work wait for the work that was handed in before. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Whether earlier work failed is of no concern to what comes after. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
