import { ModelLockError } from '../base/error.ts';
import { pictureStem } from '../data/picture-format.ts';
import {
  basename,
  exists,
  isFolder,
  join,
  listFolder,
  makeFolder,
  writeAtomic,
} from '../platform/files.ts';
import { encodeImage, encodeMask } from '../platform/images.ts';
import type { RgbImage } from '../tensor/image.ts';
import type { LabelMap } from '../tensor/label-map.ts';

/** How much of the colour of its class a pixel gets. */
const opacity = 0.6;

/**
 * A folder of what a segmenter saw: for each picture `masks/NAME.png`, whose grey levels are numbers
 * of classes, and `overlays/NAME.png` for people; `classes.txt` names the classes. With the pictures
 * as `images` it is a data set that can be read again.
 */
export class MaskFolder {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Makes the folder for what is seen in some pictures. Throws `usage` where something is there already, for
   * masks may lie there that somebody has drawn, and for two pictures of one name.
   */
  static async create(
    folder: string,
    paths: readonly string[],
    labels: readonly string[],
  ): Promise<MaskFolder> {
    if ((await exists(folder)) && (!(await isFolder(folder)) || (await hasFiles(folder)))) {
      throw new ModelLockError('usage', `${folder} is there already; choose another --out`);
    }
    requireDistinct(paths);
    for (const part of ['masks', 'overlays']) await makeFolder(join(folder, part));
    await writeAtomic(join(folder, 'classes.txt'), `${labels.join('\n')}\n`);
    return new MaskFolder(folder);
  }

  /** @param map the class of each pixel of the image. */
  async write(path: string, image: RgbImage, map: LabelMap): Promise<void> {
    const name = nameOf(path);
    await writeAtomic(join(this.#folder, 'masks', name), await encodeMask(map));
    await writeAtomic(
      join(this.#folder, 'overlays', name),
      await encodeImage(overlaid(image, map)),
    );
  }
}

const hasFiles = async (folder: string): Promise<boolean> => (await listFolder(folder)).length > 0;

const nameOf = (path: string): string => `${pictureStem(basename(path))}.png`;

function requireDistinct(paths: readonly string[]): void {
  const sources = new Map<string, string>();
  for (const path of paths) {
    const name = nameOf(path);
    const other = sources.get(name);
    if (other !== undefined) {
      throw new ModelLockError('usage', `${other} and ${path} would both become ${name}`);
    }
    sources.set(name, path);
  }
}

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
