import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import type { Annotation } from './annotated-item.ts';
import { findLeaks, type Leak } from './duplicates.ts';
import type { Sample } from './sample.ts';

/** What is learnt from and tested with alike, so that the score promises too much. */
export interface Overlap {
  /** Pictures of the same content on both sides. */
  readonly duplicates: readonly Leak[];
  readonly groups: SharedGroups;
}

/** Groups, such as patients, that have pictures on both sides. Which ones is for nobody to read. */
export interface SharedGroups {
  readonly count: number;
  /** Pictures of theirs to be learnt from. */
  readonly train: number;
  /** Pictures of theirs to be tested with. */
  readonly test: number;
}

type Samples = readonly Sample<unknown>[];
type Grouped = readonly Annotation[];

export async function findOverlap(
  train: Samples,
  test: Samples,
  job: JobOptions,
): Promise<Overlap> {
  const duplicates = await findLeaks({ train, val: [], test }, job);
  return { duplicates, groups: sharedGroups(train, test) };
}

/**
 * A group is known only where it matters: from a column, a pattern, DICOM files, or slices of one
 * volume. So it throws `data` where one is on both sides: a score on known patients says nothing about new ones.
 */
export function requireSeparate(train: Grouped, test: Grouped, what = 'pictures'): void {
  const shared = sharedGroups(train, test);
  if (shared.count === 0) return;
  throw new ModelLockError(
    'data',
    `${sharedGroupsText(shared, what)}, so the score would say little about new ones; without its column or folders of sides --test-share would split the set by groups, and --allow-shared-groups goes on all the same`,
  );
}

/** With counts and no names: `2 groups (such as patients) are on both sides: ...`. */
export const sharedGroupsText = ({ count, train, test }: SharedGroups, what = 'pictures'): string =>
  `${count} ${count === 1 ? 'group (such as a patient) is' : 'groups (such as patients) are'} on both sides of the split, with ${train} training and ${test} test ${what}`;

export function sharedGroups(train: Grouped, test: Grouped): SharedGroups {
  const groupsOf = (samples: Grouped): ReadonlySet<string | undefined> =>
    new Set(samples.map(({ group }) => group));
  const [trained, tested] = [groupsOf(train), groupsOf(test)];
  const shared = new Set([...trained].filter((group) => group !== undefined && tested.has(group)));
  const within = (samples: Grouped): number =>
    samples.filter(({ group }) => shared.has(group)).length;
  return { count: shared.size, train: within(train), test: within(test) };
}
