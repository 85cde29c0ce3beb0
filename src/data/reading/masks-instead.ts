import { ModelLockError } from '../../base/error.ts';
import { extname, join } from '../../platform/files.ts';
import { foldersIn } from '../picture-tree.ts';
import { instancesIn } from '../segmentation/coco.ts';
import { arePairedFolders } from '../segmentation/folders.ts';
import { sideNamed } from '../sides.ts';

/** Throws `data` for a file or folder of COCO, whose folders would be taken for classes. */
export async function requireNoCoco(path: string): Promise<void> {
  if (extname(path).toLowerCase() === '.json') throw masksInstead(path, 'a COCO file');
  const annotations = join(path, 'annotations');
  if ((await instancesIn(annotations)).length === 0) return;
  const others = (await foldersIn(path)).filter((name) => name !== 'annotations');
  // `train2017`, or `images` with such in it.
  const isCoco = (name: string): boolean =>
    name === 'images' || sideNamed(name.replace(/\d+$/, '')) !== undefined;
  if (others.every(isCoco)) throw masksInstead(path, `${annotations} beside ${others.join(', ')}`);
}

/** Throws `data` for classes that are folders of pictures and of masks. */
export function requireNoMasks(root: string, classes: readonly string[]): void {
  if (arePairedFolders(classes)) throw masksInstead(root, `folders ${classes.join(', ')}`);
}

const masksInstead = (path: string, found: string): ModelLockError =>
  new ModelLockError(
    'data',
    `${path} looks like a set for segmentation (${found}): add --task segmentation to train or lock with it`,
  );
