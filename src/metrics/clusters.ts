/** Samples of which some belong together, such as the pictures of one patient. */
export interface Clusters {
  readonly count: number;
  /** The number of each sample's cluster, from 0 on. */
  readonly of: ArrayLike<number>;
}

/** The samples of each group; one without a group is a cluster of its own. */
export function clustersOf(groups: readonly (string | undefined)[]): Clusters {
  const numbers = new Map<string, number>();
  let count = 0;
  const of = groups.map((group) => {
    const known = group === undefined ? undefined : numbers.get(group);
    if (known !== undefined) return known;
    if (group !== undefined) numbers.set(group, count);
    return count++;
  });
  return { count, of };
}

/** n samples of which none belong together. */
export const singles = (n: number): Clusters => clustersOf(Array.from({ length: n }));

/**
 * How many independent samples would tell as much about the mean of some values as these do: n by
 * Kish's design effect (1965), with the variance between clusters in its linearised form. n where
 * all clusters are single samples; the number of clusters where there is one, or all values are the
 * same, which says nothing of how those of a cluster differ; never more than n, nor less than 1.
 *
 * @param values of the samples, [n].
 */
export function effectiveSize(values: ArrayLike<number>, { count, of }: Clusters): number {
  const n = values.length;
  if (count === n) return n;
  const mean = Array.from(values).reduce((sum, value) => sum + value, 0) / n;
  const deviations = new Float64Array(count);
  let within = 0;
  for (let i = 0; i < n; i++) {
    const deviation = values[i] - mean;
    deviations[of[i]] += deviation;
    within += deviation ** 2;
  }
  if (within === 0 || count === 1) return count;
  const between = deviations.reduce((sum, deviation) => sum + deviation ** 2, 0);
  const designEffect = (between * count * (n - 1)) / (within * n * (count - 1));
  return Math.max(1, Math.min(n, n / designEffect));
}

/** Some of the samples, in their clusters. */
export function selectClusters({ of }: Clusters, samples: readonly number[]): Clusters {
  const numbers = new Map<number, number>();
  const own = samples.map((i) => {
    if (!numbers.has(of[i])) numbers.set(of[i], numbers.size);
    return numbers.get(of[i])!;
  });
  return { count: numbers.size, of: own };
}
