import { extname } from '../../platform/files.ts';
import { splitFolder, testFolders, trainFolders } from '../image-folder.ts';
import type { Side } from './read-dataset.ts';

/** Whether a data set is a table by its name. */
export const isTable = (path: string): boolean =>
  ['.csv', '.tsv'].includes(extname(path).toLowerCase());

/** The folder of a side of a set in folders. */
export async function sideFolder(root: string, side: Side): Promise<string | undefined> {
  const trained = await splitFolder(root, trainFolders);
  if (side === 'train') return trained ?? root;
  const tested = await splitFolder(root, testFolders);
  if (side === 'scored') return tested ?? root;
  // A class may be called `test`.
  return trained === undefined ? undefined : tested;
}
