import { ModelLockError } from '../base/error.ts';
import { groupBy } from '../base/group-by.ts';
import { classPlaces, type MatchingOptions } from './class-places.ts';
import { exists, isFolder, join, listFolder } from '../platform/files.ts';
import { readingAtOnce } from '../platform/images.ts';
import { mayHavePictures } from './picture-format.ts';

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

/**
 * A folder with one folder of pictures for each class; folders within those count to their class.
 * Hidden files and links to folders are passed over. Names are composed (NFC): folders that differ
 * only in how an accent is written are one class. Throws `data` for a folder without pictures.
 */
export async function readImageFolder(root: string): Promise<ImageDataset> {
  if (!(await exists(root))) {
    throw new ModelLockError('not-found', `there is no folder ${root}`);
  }
  const folders = (await listFolder(root)).filter((e) => e.isFolder && !isHidden(e.name));
  const byFolder = await Promise.all(
    folders.map(async ({ name }) => ({ name, files: await pictureFilesBelow(join(root, name)) })),
  );
  const byClass = groupBy(
    byFolder.filter(({ files }) => files.length > 0),
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
      same.flatMap(({ files }) => files).map((path) => ({ path, label })),
    ),
  };
}

/** Names of the folders in a folder, links to such included; hidden ones are left out. */
export async function foldersIn(root: string): Promise<string[]> {
  const names = (await listFolder(root))
    .filter(({ name, ...entry }) => !isHidden(name) && (entry.isFolder || entry.isLink))
    .map(({ name }) => name);
  const found = await readingAtOnce(names, (name) => isFolder(join(root, name)));
  return names.filter((_, i) => found[i]);
}

const isHidden = (name: string): boolean => name.startsWith('.');

/**
 * Paths of the files with pictures in a folder and in those below it, sorted by code point: ordinary
 * ones, DICOM, of any name, and NIfTI. Hidden ones are left out.
 */
export async function pictureFilesBelow(folder: string): Promise<string[]> {
  const files = await filesBelow(folder);
  const wanted = await readingAtOnce(files, mayHavePictures);
  return files.filter((_, i) => wanted[i]);
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  await addFilesBelow(folder, files);
  return files;
}

/** Into one list: the arguments of a `push(...many)` would overflow the stack. */
async function addFilesBelow(folder: string, files: string[]): Promise<void> {
  for (const { name, isFolder: isDirectory } of await listFolder(folder)) {
    if (isHidden(name)) continue;
    const path = join(folder, name);
    // Links to folders are no folders here, so a loop of links cannot trap this.
    if (isDirectory) await addFilesBelow(path, files);
    else files.push(path);
  }
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
