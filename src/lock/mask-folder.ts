import { ModelLockError } from '../base/error.ts';
import { pictureStem } from '../data/picture-format.ts';
import {
  basename,
  exists,
  isFolder,
  join,
  listFolder,
  makeFolder,
  moveFolder,
  partName,
  removeAll,
  writeAtomic,
} from '../platform/files.ts';
import { encodeImage, encodeMask } from '../platform/images.ts';
import type { RgbImage } from '../tensor/image.ts';
import type { LabelMap } from '../tensor/label-map.ts';
import { requireDistinct } from './distinct.ts';

/** How much of the colour of its class a pixel gets. */
const opacity = 0.6;

/** Writes what was seen in a picture: the class of each of its pixels. */
export type WriteMask = (path: string, image: RgbImage, map: LabelMap) => Promise<void>;

/**
 * Makes a folder of what a segmenter sees, while that is looked at: for each picture
 * `masks/NAME.png`, whose grey levels are numbers of classes, and `overlays/NAME.png` for people;
 * `classes.txt` names the classes. With the pictures as `images` it is a data set that can be read again.
 * It is there whole or not at all.
 *
 * @param look sees all the pictures of `paths`. Throws `usage` for two of one name.
 */
export async function makingMasks<Result>(
  folder: string,
  { paths, labels }: { readonly paths: readonly string[]; readonly labels: readonly string[] },
  look: (write: WriteMask) => Promise<Result>,
): Promise<Result> {
  requireDistinct(paths.map((path) => ({ name: nameOf(path), of: path })));
  const made = partName(folder);
  const write: WriteMask = async (path, image, map) => {
    const name = nameOf(path);
    await writeAtomic(join(made, 'masks', name), await encodeMask(map));
    await writeAtomic(join(made, 'overlays', name), await encodeImage(overlaid(image, map)));
  };
  try {
    for (const part of ['masks', 'overlays']) await makeFolder(join(made, part));
    await writeAtomic(join(made, 'classes.txt'), `${labels.join('\n')}\n`);
    const result = await look(write);
    await moveFolder(made, folder);
    return result;
  } catch (error) {
    await removeAll(made);
    throw error;
  }
}

/** Throws `usage` where something is already, for masks may lie there that somebody has drawn. */
export async function requireNewFolder(folder: string): Promise<void> {
  if (!(await exists(folder)) || ((await isFolder(folder)) && !(await hasFiles(folder)))) return;
  throw new ModelLockError('usage', `${folder} is there already; choose another --out`);
}

const hasFiles = async (folder: string): Promise<boolean> => (await listFolder(folder)).length > 0;

const nameOf = (path: string): string => `${pictureStem(basename(path))}.png`;

function overlaid({ width, height, data }: RgbImage, map: LabelMap): RgbImage {
  const painted = data.map((value, i) => {
    const colour = colourOf(map.data[Math.floor(i / 3)])[i % 3];
    return Math.round((1 - opacity) * value + opacity * colour);
  });
  return { width, height, data: painted };
}

/** The colour map of Pascal VOC, in which neighbouring numbers differ clearly; class 0 is not black. */
function colourOf(label: number): readonly [number, number, number] {
  const colour: [number, number, number] = [0, 0, 0];
  // Three bits of the number at a time become the highest bits of red, green and blue.
  for (let bits = label + 1, shift = 7; bits > 0; bits >>= 3, shift--) {
    for (let c = 0; c < 3; c++) colour[c] |= ((bits >> c) & 1) << shift;
  }
  return colour;
}
