import { ModelLockError } from '../../base/error.ts';
import { extname, isFolder, join } from '../../platform/files.ts';
import type { SplitName } from '../annotated-item.ts';
import { foldersIn, picturesIn } from '../picture-tree.ts';
import { sideNamed } from '../sides.ts';
import type { Side } from './read-dataset.ts';

/** Whether a data set is a table by its name. */
export const isTable = (path: string): boolean =>
  ['.csv', '.tsv'].includes(extname(path).toLowerCase());

/**
 * The folder of a side of a set in folders: the whole of one that is not split, but `undefined` for its
 * `test` side. Throws `data` where several folders are called after one side, and where all are called
 * after sides but none is the one.
 *
 * @param isSide whether a folder with such a name is what it is called.
 */
export async function sideFolder(
  root: string,
  side: Side,
  isSide: (folder: string) => Promise<boolean> = () => Promise.resolve(true),
): Promise<string | undefined> {
  const names = (await isFolder(root)) ? await foldersIn(root) : [];
  const called = async (wanted: SplitName): Promise<string | undefined> => {
    const folder = only(root, names, wanted);
    return folder !== undefined && (await isSide(folder)) ? folder : undefined;
  };
  const trained = await called('train');
  if (side === 'train' && trained !== undefined) return trained;
  const tested =
    (await called('test')) ??
    (await called('val')) ??
    // Beside a training side it is one, whatever is in it.
    (trained && (only(root, names, 'test') ?? only(root, names, 'val')));
  // A class may be called `test`.
  if (side === 'test') return trained === undefined ? undefined : tested;
  if (side === 'scored' && (tested ?? trained) !== undefined) return tested ?? trained;
  if (names.length > 0) requireOtherNames(root, names);
  return root;
}

/** The same of class folders, which may have such names: a side has folders in it. */
export const classSideFolder = (root: string, side: Side): Promise<string | undefined> =>
  sideFolder(root, side, async (folder) => (await foldersIn(folder)).length > 0);

/**
 * The same of pictures. Where some lie beside the folders, these are sides only if one is for training.
 */
export async function pictureSideFolder(root: string, side: Side): Promise<string | undefined> {
  const names = await foldersIn(root);
  const isSplit = only(root, names, 'train') !== undefined || (await picturesIn(root)).length === 0;
  if (isSplit) return sideFolder(root, side);
  return side === 'test' ? undefined : root;
}

function only(root: string, names: readonly string[], wanted: SplitName): string | undefined {
  const called = names.filter((name) => sideNamed(name) === wanted);
  if (called.length > 1) {
    throw new ModelLockError(
      'data',
      `${root} has more than one folder for a side: ${called.join(', ')}`,
      { valid: ['one folder for each side'] },
    );
  }
  return called.length === 0 ? undefined : join(root, called[0]);
}

/** The folder within `root` of the side that another folder is called after, however it is spelt. */
export async function folderOfSameSide(root: string, name: string): Promise<string | undefined> {
  const side = sideNamed(name);
  return side && only(root, await foldersIn(root), side);
}

/** Throws `data` where all folders or classes are called after sides. */
export function requireOtherNames(root: string, names: readonly string[]): void {
  if (!names.every((name) => sideNamed(name) !== undefined)) return;
  throw new ModelLockError(
    'data',
    `${root} has only folders called after sides (${names.join(', ')}), and they make no split set`,
    { valid: ['train beside test or val', 'for classes a folder of each within them'] },
  );
}
