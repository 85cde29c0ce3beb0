/** What holds memory outside JavaScript's heap. */
export interface Disposable {
  dispose(): Promise<void>;
}

/** Gives a thing into the care of the work that is done with it, and the thing back. */
export type Own = <T extends Disposable>(thing: T) => T;

/** Works with things of which it disposes at the end, however that comes: the last one first. */
export async function owning<Result>(work: (own: Own) => Promise<Result>): Promise<Result> {
  const owned: Disposable[] = [];
  try {
    return await work((thing) => {
      owned.push(thing);
      return thing;
    });
  } finally {
    for (const thing of owned.toReversed()) await thing.dispose();
  }
}
