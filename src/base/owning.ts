/** What holds memory outside JavaScript's heap. */
export interface Disposable {
  dispose(): Promise<void>;
}

/** Works with things of which it disposes at the end, however that comes: the last one first. */
export async function owning<Result>(
  work: (own: <T extends Disposable>(thing: T) => T) => Promise<Result>,
): Promise<Result> {
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
