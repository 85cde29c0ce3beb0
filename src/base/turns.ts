/** Has work wait for the work that was handed in before. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Whether earlier work failed does not affect later work. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
