import { relative } from '../platform/files.ts';
import type { Sample } from './sample.ts';
import { splitByGroup } from './splits.ts';

export interface HoldBackOptions {
  /** Share of the pictures to test with, above 0 and below 1. */
  readonly share: number;
  readonly seed: number;
  /** The folder or file of the data set: where it lies decides nothing. */
  readonly root: string;
}

/**
 * Splits a set that nobody split, so that no group is on both sides: the same for the same pictures
 * and seed.
 *
 * Throws `data` for fewer than two groups.
 */
export function holdBack<Label>(
  samples: readonly Sample<Label>[],
  { share, seed, root }: HoldBackOptions,
): { readonly train: readonly Sample<Label>[]; readonly test: readonly Sample<Label>[] } {
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
  return { train: train.map(({ sample }) => sample), test: test.map(({ sample }) => sample) };
}
