import type { Random } from '../base/random/random.ts';
import { meanOfKnown } from '../metrics/classification.ts';
import { selectClusters, type Clusters } from '../metrics/clusters.ts';
import { bootstrapEstimates, meanEstimate, type Estimate } from '../metrics/intervals.ts';
import { Ranking } from '../metrics/ranking.ts';
import type { Measures, NamedEstimates } from './tally.ts';

/** One class against all others, of each picture. */
export interface AgainstRest {
  /** 1 where the picture is of the class, else 0. */
  readonly labels: Uint8Array;
  /** 1 where it was said to be. */
  readonly guesses: Uint8Array;
  /** How likely that was said to be, in any unit. */
  readonly scores: Float32Array;
}

/** Steps of all draws together: about a second. */
const affordable = 1e8;
const draws = { fewest: 200, most: 2000 } as const;

/** How many draws of n pictures, each ranked by every class, do not take long. */
export const affordableDraws = (n: number, classes: number): number =>
  Math.min(draws.most, Math.max(draws.fewest, Math.floor(affordable / (n * classes))));

/**
 * Sensitivity, specificity and AUROC of each class, and the mean of the last.
 *
 * @param others further statistics of all classes, see `bootstrapEstimates`.
 */
export function measuresAgainstRest(
  columns: readonly AgainstRest[],
  clusters: Clusters,
  others: (weights: Uint32Array) => Readonly<Record<string, number | null>>,
  random: Random,
): Measures {
  const rankings = columns.map(({ labels, scores }) => new Ranking(labels, scores));
  const areaOf = (c: number): string => `AUROC ${c}`;
  const statistics = (weights: Uint32Array): Record<string, number | null> => {
    const areas = rankings.map((ranking) => ranking.auroc(weights));
    const isKnown = areas.some((area) => area !== null);
    return {
      ...others(weights),
      'macro AUROC': isKnown ? meanOfKnown(areas) : null,
      ...Object.fromEntries(areas.map((area, c) => [areaOf(c), area])),
    };
  };
  const estimates = bootstrapEstimates(clusters, statistics, random, {
    resamples: affordableDraws(clusters.of.length, columns.length),
  });
  const areaNames = new Set(columns.map((_, c) => areaOf(c)));
  return {
    overall: Object.fromEntries(Object.entries(estimates).filter(([name]) => !areaNames.has(name))),
    perClass: columns.map((column, c) => ({
      ...ratesOf(column, clusters),
      ...(areaOf(c) in estimates ? { AUROC: estimates[areaOf(c)] } : {}),
    })),
  };
}

/** How many of those that are of the class were found, and of the others passed over. */
function ratesOf({ labels, guesses }: AgainstRest, clusters: Clusters): NamedEstimates {
  const samples = Array.from(labels, (_, i) => i);
  const [positives, negatives] = [1, 0].map((label) => samples.filter((i) => labels[i] === label));
  const rate = (some: readonly number[], right: number): Estimate =>
    meanEstimate(
      some.map((i) => Number(guesses[i] === right)),
      selectClusters(clusters, some),
    );
  return {
    ...(positives.length > 0 ? { sensitivity: rate(positives, 1) } : {}),
    ...(negatives.length > 0 ? { specificity: rate(negatives, 0) } : {}),
  };
}
