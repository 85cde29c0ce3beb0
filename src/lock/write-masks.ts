import { ModelLockError } from '../base/error.ts';
import { pictureStem } from '../data/picture-format.ts';
import { basename, join, makeFolder, writeAtomic } from '../platform/files.ts';
import { encodeImage, encodeMask } from '../platform/images.ts';
import type { RgbImage } from '../tensor/image.ts';
import type { LabelMap } from '../tensor/label-map.ts';

export interface Masks {
  readonly paths: readonly string[];
  readonly images: readonly RgbImage[];
  /** The class of each pixel of each image. */
  readonly maps: readonly LabelMap[];
  readonly labels: readonly string[];
}

/** How much of the colour of its class a pixel gets. */
const opacity = 0.6;

/**
 * Writes for each picture `masks/NAME.png`, whose grey levels are numbers of classes, and
 * `overlays/NAME.png` for people; `classes.txt` names the classes. With the pictures as `images` the
 * folder is a data set that can be read again. Throws `usage` for two pictures of one name.
 */
export async function writeMasks(
  folder: string,
  { paths, images, maps, labels }: Masks,
): Promise<void> {
  const names = paths.map((path) => `${pictureStem(basename(path))}.png`);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0) {
    const [first, second] = [paths[names.indexOf(names[twice])], paths[twice]];
    throw new ModelLockError('usage', `${first} and ${second} would both become ${names[twice]}`);
  }
  for (const part of ['masks', 'overlays']) await makeFolder(join(folder, part));
  await writeAtomic(join(folder, 'classes.txt'), `${labels.join('\n')}\n`);
  for (const [i, name] of names.entries()) {
    await writeAtomic(join(folder, 'masks', name), await encodeMask(maps[i]));
    await writeAtomic(
      join(folder, 'overlays', name),
      await encodeImage(overlaid(images[i], maps[i])),
    );
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
