import { counterRandom } from '../base/random/counter.ts';
import { groupBy } from '../base/group-by.ts';

/** The members of each stratum, by its number, in an order that is the same for the same seed. */
function shuffledStrata<T>(
  items: readonly T[],
  stratumOf: (item: T) => number,
  seed: number,
): { readonly stratum: number; readonly members: readonly T[] }[] {
  return [...groupBy(items, stratumOf)]
    .sort(([a], [b]) => a - b)
    .map(([stratum, members]) => {
      const order = counterRandom(seed, 101, stratum).permutation(members.length);
      return { stratum, members: Array.from(order, (i) => members[i]) };
    });
}

/** `count` items in which the strata, classes say, have the shares that they have in all. */
export function stratified<T>(
  items: readonly T[],
  stratumOf: (item: T) => number,
  count: number,
  seed: number,
): T[] {
  // Items are ranked within their stratum, and the ranks of all strata merged evenly.
  const strata = shuffledStrata(items, stratumOf, seed);
  // Where there is not one for each, other strata go without under another seed.
  const turns = counterRandom(seed, 102).permutation(strata.length);
  const ranked = strata.flatMap(({ members }, i) =>
    members.map((item, rank) => ({
      item,
      turn: turns[i],
      place: (rank + 0.5) / members.length,
    })),
  );
  return ranked
    .sort((a, b) => a.place - b.place || a.turn - b.turn)
    .slice(0, count)
    .map(({ item }) => item);
}

/**
 * At most `limit` items in their order, every stratum with its share, the same ones for the same
 * seed. A stratum that is too rare for a share keeps one item, where there are as many as strata.
 */
export function limited<T>(
  items: readonly T[],
  stratumOf: (item: T) => number,
  limit: number,
  seed: number,
): readonly T[] {
  if (items.length <= limit) return items;
  const firsts = shuffledStrata(items, stratumOf, seed).flatMap(({ members }) =>
    members.slice(0, 1),
  );
  const shares = stratified(items, stratumOf, limit, seed);
  const keep = new Set([...new Set([...firsts, ...shares])].slice(0, limit));
  return items.filter((item) => keep.has(item));
}
