import type { Random } from '../../base/random/random.ts';
import type { Clusters } from '../../metrics/clusters.ts';

/** Two disjoint sets of samples, by index, that together are all of them. */
export interface Split {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/**
 * Splits samples at random, stratified: each class is divided in the same ratio, to within one
 * sample, and so is the whole.
 *
 * @param share of the samples that go into the first part, in (0, 1).
 */
export function stratifiedSplit(labels: readonly number[], share: number, random: Random): Split {
  const shuffled = Array.from(random.permutation(labels.length));
  // Sorting is stable: within a class the order stays random.
  shuffled.sort((a, b) => labels[a] - labels[b]);
  const first: number[] = [];
  const second: number[] = [];
  // Walking through the classes with one running share spreads the rounding over all of them.
  shuffled.forEach((sample, i) => {
    const goesFirst = Math.round((i + 1) * share) > Math.round(i * share);
    (goesFirst ? first : second).push(sample);
  });
  return { first, second };
}

/** The same by whole clusters, but not stratified. */
export function splitByCluster({ count, of }: Clusters, share: number, random: Random): Split {
  const order = random.permutation(count);
  const known = new Set(order.slice(0, Math.round(share * count)));
  const rows = Array.from(of, (_, row) => row);
  return {
    first: rows.filter((row) => known.has(of[row])),
    second: rows.filter((row) => !known.has(of[row])),
  };
}
