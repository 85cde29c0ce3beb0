/** What holds something beyond JavaScript's memory until it is told to let go. */
export interface Disposable {
  dispose(): Promise<void>;
}

/** Disposes of all of them, also where one fails; the first failure is thrown then. */
export async function disposeAll(all: Iterable<Disposable>): Promise<void> {
  const ends = await Promise.allSettled([...all].map((each) => each.dispose()));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Gives a thing into somebody's care, and the thing back. */
export type Own = <D extends Disposable>(thing: D) => D;

/** What `make` gives. Where it fails, everything is disposed of that it has handed to `keep` by then. */
export async function allOrNothing<T>(make: (keep: Own) => Promise<T>): Promise<T> {
  const kept: Disposable[] = [];
  try {
    return await make((made) => {
      kept.push(made);
      return made;
    });
  } catch (error) {
    await Promise.allSettled(kept.map((each) => each.dispose()));
    throw error;
  }
}

/** Works with things of which it disposes at the end, however that comes. */
export async function owning<Result>(work: (own: Own) => Promise<Result>): Promise<Result> {
  const owned: Disposable[] = [];
  const result = await allOrNothing((keep) =>
    work((thing) => {
      owned.push(thing);
      return keep(thing);
    }),
  );
  await disposeAll(owned);
  return result;
}
