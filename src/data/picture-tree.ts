import { ModelLockError } from '../base/error.ts';
import { isFolder, isOtherThanFile, join, listFolder, realPath } from '../platform/files.ts';
import { readingAtOnce } from '../platform/images.ts';
import { mayHavePictures } from './picture-format.ts';

interface Entry {
  readonly name: string;
  /** Or a link to one. */
  readonly isFolder: boolean;
  /** And no link. */
  readonly isFile: boolean;
}

/** What is in a folder, by code point; hidden files are left out. */
async function entriesIn(folder: string): Promise<Entry[]> {
  const entries = (await listFolder(folder)).filter(({ name }) => !name.startsWith('.'));
  return readingAtOnce(entries, async ({ name, ...entry }) => ({
    name,
    isFile: entry.isFile,
    isFolder: entry.isFolder || (entry.isLink && (await isFolder(join(folder, name)))),
  }));
}

/**
 * Names of the folders in a folder, by code point, links to such included; hidden ones are left out.
 *
 * @param passedOver folders that do not count either.
 */
export async function foldersIn(
  folder: string,
  passedOver: readonly string[] = [],
): Promise<string[]> {
  const names = (await entriesIn(folder)).filter((entry) => entry.isFolder).map(({ name }) => name);
  const unwanted = await realPaths(passedOver);
  if (unwanted.size === 0) return names;
  const real = await readingAtOnce(names, (name) => realPath(join(folder, name)));
  return names.filter((_, i) => !unwanted.has(real[i]));
}

const realPaths = async (paths: readonly string[]): Promise<Set<string>> =>
  new Set(await Promise.all(paths.map(realPath)));

/** Names of the pictures that lie in a folder itself, by code point. */
export async function picturesIn(folder: string): Promise<string[]> {
  const files = (await entriesIn(folder)).filter((entry) => !entry.isFolder);
  const wanted = await readingAtOnce(files, ({ name }) => mayHavePictures(join(folder, name)));
  return files.filter((_, i) => wanted[i]).map(({ name }) => name);
}

/** What is in a folder and in those below it, as paths sorted by code point. */
export interface PictureTree {
  /** Files with pictures: ordinary ones, DICOM, of any name, and NIfTI. */
  readonly pictures: readonly string[];
  readonly others: readonly string[];
}

/**
 * The files in a folder and in those below it, but hidden ones. Links are followed; a folder that is
 * reached twice counts once, so that links in circles have an end.
 *
 * @param passedOver folders that are not looked into: those in which this one lies, for links to them.
 */
export async function pictureTree(
  folder: string,
  passedOver: readonly string[] = [],
): Promise<PictureTree> {
  const files: string[] = [];
  await addFilesIn(folder, await realPaths(passedOver), files);
  const wanted = await readingAtOnce(files, mayHavePictures);
  return {
    pictures: files.filter((_, i) => wanted[i]),
    others: files.filter((_, i) => !wanted[i]),
  };
}

/** The pictures of a `pictureTree`. */
export const pictureFilesBelow = async (
  folder: string,
  passedOver?: readonly string[],
): Promise<readonly string[]> => (await pictureTree(folder, passedOver)).pictures;

/** The picture files that a name stands for: itself, or all in that folder and below. Throws `data` for none. */
export async function pictureFilesAt(
  path: string,
  passedOver?: readonly string[],
): Promise<readonly string[]> {
  if (!(await isFolder(path))) return [path];
  const files = await pictureFilesBelow(path, passedOver);
  if (files.length === 0) throw new ModelLockError('data', `there are no pictures in ${path}`);
  return files;
}

/**
 * Into one list: the arguments of a `push(...many)` would overflow the stack. Pipes and devices are
 * passed over, for they may never end; links that lead nowhere are not, so that they are told.
 *
 * @param seen real paths of the folders that have been looked into, or are not to be.
 */
async function addFilesIn(folder: string, seen: Set<string>, files: string[]): Promise<void> {
  const real = await realPath(folder);
  if (seen.has(real)) return;
  seen.add(real);
  for (const { name, isFolder: isDirectory, isFile } of await entriesIn(folder)) {
    const path = join(folder, name);
    if (isDirectory) await addFilesIn(path, seen, files);
    else if (isFile || !(await isOtherThanFile(path))) files.push(path);
  }
}
