import { ModelLockError } from '../../base/error.ts';
import { groupBy } from '../../base/group-by.ts';
import {
  readCocoInstances,
  regionOf,
  type CocoAnnotation,
  type CocoImage,
} from '../../formats/coco/annotations.ts';
import { areaOf, paint } from '../../formats/coco/region.ts';
import { exists, listFolder, ofAnySystem, pathWithin } from '../../platform/files.ts';
import { ignoreIndex, type LabelMap } from '../../tensor/label-map.ts';
import type { SegmentationDataset } from './item.ts';

export interface CocoOptions {
  /**
   * What pixels without annotation are: class 0, `background`, which may be a category, too; or to be
   * ignored; then pictures without annotations are left out. `class` unless given.
   */
  readonly background?: 'class' | 'ignore';
  /**
   * What the coarse regions around crowds (`iscrowd`) are: to be ignored, for not every pixel in
   * them is of the class, or of their class. `ignore` unless given.
   */
  readonly crowds?: 'ignore' | 'class';
}

interface Category {
  readonly id?: number;
  readonly name: string;
}

/**
 * The pictures of a COCO instances file with one mask each. Classes are the categories by id,
 * whatever gaps there are. Where instances overlap, the smaller one lies above the larger, and of
 * two of one size the later one; crowds lie below all. Throws `data`, naming the file, and
 * `not-found`.
 */
export async function readCocoDataset(
  path: string,
  imageFolder: string,
  { background = 'class', crowds = 'ignore' }: CocoOptions = {},
): Promise<SegmentationDataset> {
  const { images, categories, annotations } = await readCocoInstances(path);
  const sorted = categories.toSorted((a, b) => a.id - b.id);
  const numbered = background === 'class' ? withBackground(sorted) : sorted;
  const classes = numbered.map(({ name }) => name.normalize('NFC'));
  requireClassNames(classes, path);
  const labelOf = new Map(numbered.map(({ id }, label) => [id, label]));
  const paths = imagePaths(imageFolder, images, path);
  const byImage = groupBy(annotations, (entry) => entry.image_id);
  const items = images
    .filter(({ id }) => background === 'class' || byImage.has(id))
    .map((image) => {
      const own = byImage.get(image.id) ?? [];
      const paintOf = (entry: CocoAnnotation): number =>
        entry.iscrowd && crowds === 'ignore' ? ignoreIndex : labelOf.get(entry.category_id)!;
      return {
        path: paths.get(image.id)!,
        mask: async () =>
          drawn(image, own, paintOf, background === 'class' ? 0 : ignoreIndex, path),
      };
    });
  if (items.length === 0) throw new ModelLockError('data', `${path} has no pictures`);
  return { classes, items };
}

/** With the background first: a category of that name, or one that no annotation is of. */
function withBackground(sorted: readonly Category[]): readonly Category[] {
  const isBackground = ({ name }: Category): boolean => name.toLowerCase() === 'background';
  const own = sorted.find(isBackground) ?? { name: 'background' };
  return [own, ...sorted.filter((category) => category !== own)];
}

function requireClassNames(classes: readonly string[], path: string): void {
  if (classes.length > ignoreIndex) {
    throw new ModelLockError(
      'data',
      `${path} has ${classes.length} classes; at most ${ignoreIndex}`,
    );
  }
  const twice = classes.find((name, i) => classes.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ModelLockError('data', `${path} has the category "${twice}" twice`);
  }
}

/** By the ids of the pictures. Throws `data` for two of one file: their masks would contradict each other. */
function imagePaths(
  folder: string,
  images: readonly CocoImage[],
  path: string,
): ReadonlyMap<number, string> {
  const idOf = new Map<string, number>();
  for (const image of images) {
    const file = imagePath(folder, image, path);
    const before = idOf.get(file);
    if (before !== undefined) {
      throw new ModelLockError(
        'data',
        `${path}: images ${before} and ${image.id} are both ${image.file_name}`,
        { valid: ['one entry for each picture'] },
      );
    }
    idOf.set(file, image.id);
  }
  return new Map([...idOf].map(([file, id]) => [id, file]));
}

function imagePath(folder: string, { file_name: name }: CocoImage, path: string): string {
  try {
    return pathWithin(folder, ofAnySystem(name));
  } catch (cause) {
    throw new ModelLockError('data', `${path}: "${name}" leads out of ${folder}`, { cause });
  }
}

function drawn(
  image: CocoImage,
  annotations: readonly CocoAnnotation[],
  paintOf: (annotation: CocoAnnotation) => number,
  background: number,
  path: string,
): LabelMap {
  const { width, height, file_name: name } = image;
  const layers = annotations.map((annotation, i) => {
    const which = annotation.id === undefined ? `number ${i}` : String(annotation.id);
    const region = regionOf(annotation, image, `${path}: annotation ${which} of ${name}`);
    const crowd = Boolean(annotation.iscrowd);
    return { region, value: paintOf(annotation), crowd, area: areaOf(region) };
  });
  layers.sort((a, b) => Number(b.crowd) - Number(a.crowd) || b.area - a.area);
  const data = new Uint8Array(width * height).fill(background);
  for (const { region, value } of layers) paint(region, value, data, width, height);
  return { width, height, data };
}

/** Names of the files in COCO's own folder of annotations; none where there is no such folder. */
export async function instancesIn(annotations: string): Promise<string[]> {
  if (!(await exists(annotations))) return [];
  const names = (await listFolder(annotations)).map(({ name }) => name);
  return names.filter((name) => /^instances.*\.json$/.test(name));
}
