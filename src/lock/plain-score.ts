import { counterRandom } from '../base/random/counter.ts';
import type { Matching } from '../data/class-places.ts';
import type { Overlap } from '../data/overlap.ts';
import { measuresWith, positiveClass } from '../evaluate/measures.ts';
import type { Interval } from '../metrics/intervals.ts';
import type { NamedEstimates, Outcome } from '../tasks/tally.ts';
import type { AnyTaskName } from '../tasks/task.ts';

/** The score of a model without a lock. */
export interface PlainScore {
  readonly task: AnyTaskName;
  readonly metric: string;
  readonly n: number;
  /** Groups of pictures, such as patients, where some share one: intervals are over draws of groups then. */
  readonly groups?: number;
  readonly score: number;
  /** The same, under the name of the metric. */
  readonly accuracy?: number;
  readonly map?: number;
  readonly miou?: number;
  readonly chance: number;
  /** How the data's classes were told for the model's. */
  readonly matched: Matching;
  /** A 95 % interval of the score. */
  readonly interval: Interval;
  /** Other scores, by name, with 95 % intervals. */
  readonly measures: NamedEstimates;
  /** The class that sensitivity, specificity and AUROC among them are of, if they are. */
  readonly positive?: string;
  readonly perClass: readonly {
    readonly label: string;
    readonly n: number;
    /** null: the class does not occur. */
    readonly score: number | null;
    /** Of the class against all others. */
    readonly measures: NamedEstimates;
  }[];
  /** Pictures, or lines of a table, that could not be read; absent unless they were to be left out. */
  readonly skipped?: readonly string[];
  /** What the training side of the same set has as well; absent where there is none. */
  readonly overlap?: Overlap;
}

const place = { interval: 71 } as const;

/** The outcome of a plain model as a document. */
export function plainScoreOf(
  task: { readonly name: AnyTaskName; readonly metric: string },
  labels: readonly string[],
  outcome: Outcome,
  { seed, positive: name }: { readonly seed: number; readonly positive?: string | undefined },
): Omit<PlainScore, 'matched'> {
  const positive = positiveClass(labels, name);
  const { n, clusters, score, chance, perClass } = outcome;
  const measures = outcome.measures(counterRandom(seed, place.interval));
  return {
    task: task.name,
    metric: task.metric,
    n,
    ...(clusters < n ? { groups: clusters } : {}),
    score,
    [task.metric]: score,
    chance,
    interval: outcome.interval(counterRandom(seed, place.interval)),
    ...(positive === undefined ? {} : { positive: labels[positive] }),
    measures: measuresWith(measures, positive),
    perClass: labels.map((label, c) => ({
      label,
      ...perClass[c],
      measures: measures.perClass.at(c) ?? {},
    })),
  };
}

/** How classes of other names are told for the model's. */
export function pairingNotice(classes: readonly string[], labels: readonly string[]): string {
  const pairs = classes.slice(0, 3).map((name, i) => `${name} is ${labels[i]}`);
  const rest = classes.length > pairs.length ? ' and so on' : '';
  return `the classes have other names than the model's and are taken in sorted order: ${pairs.join(', ')}${rest}`;
}
