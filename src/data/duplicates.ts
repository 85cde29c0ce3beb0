import { groupBy } from '../base/group-by.ts';
import { throwIfAborted, type JobOptions } from '../base/job.ts';
import { fileSize, hashFile } from '../platform/files.ts';
import { splitNames, type SplitName } from './annotated-item.ts';

/** One content that is on more than one side of a split: what is learned there is tested. */
export interface Leak {
  /** SHA-256 of the files. */
  readonly hash: string;
  readonly files: readonly { readonly side: SplitName; readonly path: string }[];
}

/**
 * Files of the same bytes on different sides, in the order of the first of each. Only files of a size
 * that several sides have are read. Throws `not-found` and `io`.
 */
export async function findLeaks(
  sides: Readonly<Record<SplitName, readonly { readonly path: string }[]>>,
  { signal, onProgress }: JobOptions = {},
): Promise<Leak[]> {
  const files = splitNames.flatMap((side) => sides[side].map(({ path }) => ({ side, path })));
  const sizes: number[] = [];
  for (const { path } of files) {
    throwIfAborted(signal);
    sizes.push(await fileSize(path));
  }
  const sidesOfSize = groupBy(files, (_, i) => sizes[i]);
  const suspects = files.filter((_, i) => onSeveralSides(sidesOfSize.get(sizes[i])!));
  const hashes: string[] = [];
  for (const { path } of suspects) {
    throwIfAborted(signal);
    hashes.push(await hashFile(path));
    onProgress?.({
      stage: 'compare',
      done: hashes.length,
      total: suspects.length,
      unit: 'images',
    });
  }
  return [...groupBy(suspects, (_, i) => hashes[i])]
    .filter(([, same]) => onSeveralSides(same))
    .map(([hash, same]) => ({ hash, files: same }));
}

const onSeveralSides = (files: readonly { readonly side: SplitName }[]): boolean =>
  files.some(({ side }) => side !== files[0].side);
