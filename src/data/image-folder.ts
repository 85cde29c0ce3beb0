import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { groupBy } from '../base/group-by.ts';
import { classPlaces, type MatchingOptions } from './class-places.ts';
import { exists, join } from '../platform/files.ts';
import { leftOut } from './left-out.ts';
import { foldersIn, picturesIn, pictureTree } from './picture-tree.ts';

/** One labelled picture. */
export interface ImageItem {
  readonly path: string;
  /** Number of its class. */
  readonly label: number;
}

/** A set of labelled pictures on disk. Nothing of their pixels has been read. */
export interface ImageDataset {
  /** By code point, as transformers and torchvision sort them. */
  readonly classes: readonly string[];
  readonly items: readonly ImageItem[];
}

interface ImageFolderOptions extends Pick<JobOptions, 'onNotice'> {
  /** Folders that are no part of the set. */
  readonly passedOver?: readonly string[];
}

/**
 * A folder with one folder of pictures for each class; folders within those count to their class.
 * Hidden files and what is no file are passed over, links followed. Names are composed (NFC): folders that differ
 * only in how an accent is written are one class. Says what is left out. Throws `data` for a folder without pictures.
 */
export async function readImageFolder(
  root: string,
  { onNotice, passedOver = [] }: ImageFolderOptions = {},
): Promise<ImageDataset> {
  if (!(await exists(root))) {
    throw new ModelLockError('not-found', `there is no folder ${root}`);
  }
  const byFolder = await Promise.all(
    (await foldersIn(root, passedOver)).map(async (name) => ({
      name,
      ...(await pictureTree(join(root, name), [root, ...passedOver])),
    })),
  );
  const notice = leftOut(root, byFolder, await picturesIn(root));
  if (notice !== undefined) onNotice?.(notice);
  const byClass = groupBy(
    byFolder.filter(({ pictures }) => pictures.length > 0),
    ({ name }) => name.normalize('NFC'),
  );
  const classes = [...byClass.keys()];
  if (classes.length === 0) {
    throw new ModelLockError(
      'data',
      `${root} has no pictures in class folders; expected ${join(root, 'CLASS', 'picture.jpg')}`,
    );
  }
  return {
    classes,
    items: [...byClass.values()].flatMap((same, label) =>
      same.flatMap(({ pictures }) => pictures).map((path) => ({ path, label })),
    ),
  };
}

/** The same items with the labels of other classes, see `classPlaces`. */
export function relabel(
  dataset: ImageDataset,
  classes: readonly string[],
  options?: MatchingOptions,
): ImageDataset {
  const places = classPlaces(dataset.classes, classes, options);
  return {
    classes,
    items: dataset.items.map((item) => ({ ...item, label: places[item.label] })),
  };
}
