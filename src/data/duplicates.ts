import { ModelLockError } from '../base/error.ts';
import { groupBy } from '../base/group-by.ts';
import { throwIfAborted, type JobOptions } from '../base/job.ts';
import { readingAtOnce } from '../platform/images.ts';
import { splitNames, type SplitName } from './annotated-item.ts';
import type { Picture } from './sample.ts';

/** One content that is on more than one side of a split: what is learned there is tested. */
export interface Leak {
  /** SHA-256, see `Picture.content`. */
  readonly hash: string;
  readonly files: readonly { readonly side: SplitName; readonly path: string }[];
}

/** What is compared of a picture. */
type Comparable = Pick<Picture, 'path' | 'content' | 'length'>;

/**
 * Pictures of the same content on different sides, in the order of the first of each. Of files only
 * those of a length that several sides have are read. What cannot be read is passed over: whoever
 * needs it says so.
 */
export async function findLeaks(
  sides: Readonly<Record<SplitName, readonly Comparable[]>>,
  { signal, onProgress }: JobOptions = {},
): Promise<Leak[]> {
  const all = splitNames.flatMap((side) => sides[side].map((picture) => ({ side, picture })));
  const lengths = await readingAtOnce(all, async ({ picture }) => {
    throwIfAborted(signal);
    return ifReadable(picture.length?.());
  });
  const sidesOfLength = groupBy(all, (_, i) => lengths[i]);
  const suspects = all.filter((_, i) => onSeveralSides(sidesOfLength.get(lengths[i])!));
  let done = 0;
  const hashes = await readingAtOnce(suspects, async ({ picture }) => {
    throwIfAborted(signal);
    const hash = await ifReadable(picture.content());
    done += 1;
    onProgress?.({ stage: 'compare', done, total: suspects.length, unit: 'images' });
    return hash;
  });
  return [...groupBy(suspects, (_, i) => hashes[i])]
    .filter(([hash, same]) => hash !== undefined && onSeveralSides(same))
    .map(([hash, same]) => ({
      hash: hash!,
      files: same.map(({ side, picture }) => ({ side, path: picture.path })),
    }));
}

const ifReadable = async <T>(read: Promise<T> | undefined): Promise<T | undefined> =>
  read?.catch((error: unknown) => {
    if (error instanceof ModelLockError) return undefined;
    throw error;
  });

const onSeveralSides = (files: readonly { readonly side: SplitName }[]): boolean =>
  files.some(({ side }) => side !== files[0].side);
