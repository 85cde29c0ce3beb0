import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { relative } from '../platform/files.ts';
import type { Annotation } from './annotated-item.ts';
import type { Sample } from './sample.ts';
import { splitByGroup } from './splits.ts';

export interface HoldBackOptions extends Pick<JobOptions, 'onNotice'> {
  /** Share of the pictures to test with, above 0 and below 1. */
  readonly share: number;
  readonly seed: number;
  /** The folder or file of the data set: where it lies decides nothing. */
  readonly root: string;
}

/**
 * Splits a set that nobody split, so that no group is on both sides: the same for the same pictures
 * and seed. Says by what it is split: whoever has patients must know where they were not found.
 *
 * Throws `data` for fewer than two groups, naming none.
 */
export function holdBack<Label>(
  samples: readonly Sample<Label>[],
  { share, seed, root, onNotice }: HoldBackOptions,
): { readonly train: readonly Sample<Label>[]; readonly test: readonly Sample<Label>[] } {
  requireGroups(samples);
  const nameOf = ({ path }: { readonly path: string }): string =>
    relative(root, path).replaceAll('\\', '/');
  // Pseudonyms are others in every run: a group is called after the first of its pictures.
  const names = new Map<string, string>();
  for (const { group, path } of samples) {
    if (group === undefined) continue;
    const [known, own] = [names.get(group), nameOf({ path })];
    if (known === undefined || own < known) names.set(group, own);
  }
  const items = samples.map((sample) => ({
    path: sample.path,
    ...(sample.group !== undefined && { group: names.get(sample.group)! }),
    labels: sample.stratum < 0 ? [] : [sample.stratum],
    sample,
  }));
  const { train, test } = splitByGroup(items, {
    fractions: { train: 1 - share, val: 0, test: share },
    seed,
    nameOf,
  });
  onNotice?.(
    `${test.length} of ${samples.length} pictures are held back: ${unitsText(samples, 'picture')}`,
  );
  return { train: train.map(({ sample }) => sample), test: test.map(({ sample }) => sample) };
}

/** What is not split further, as text. */
export function unitsText(samples: readonly Annotation[], what: string): string {
  const groups = new Set(samples.map(({ group }) => group));
  const single = groups.delete(undefined);
  if (groups.size === 0)
    return `no groups, such as patients, are known, and each ${what} is its own`;
  return `split by ${groups.size} groups${single ? `, each ${what} without one its own` : ''}`;
}

/** Anonymised files often have one and the same patient. */
function requireGroups(samples: readonly Sample<unknown>[]): void {
  const groups = new Set(samples.map(({ group }) => group));
  if (groups.size !== 1 || groups.has(undefined)) return;
  throw new ModelLockError(
    'data',
    `all ${samples.length} pictures are of one group (such as a patient), by a table or their files, and a group is not split; --group-pattern takes groups from the names of files, --test takes test pictures from elsewhere`,
  );
}
