import { counterRandom } from '../base/random/counter.ts';
import { ModelLockError } from '../base/error.ts';
import { groupBy } from '../base/group-by.ts';
import { exists, extname, isFolder, join, listFolder } from '../platform/files.ts';

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

/** What is taken for a picture by its name. */
const extensions = new Set([
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.bmp',
  '.gif',
  '.tif',
  '.tiff',
  '.ppm',
]);

/** Names of the folders that split a data set; the first that is there is used. */
export const trainFolders = ['train', 'training'] as const;
export const testFolders = ['test', 'val', 'validation'] as const;

/** The part of a data set that one of `names` holds, or the whole where it is not split. */
export async function splitFolder(
  root: string,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    if (await isFolder(join(root, name))) return join(root, name);
  }
  return undefined;
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
    folders.map(async ({ name }) => ({ name, files: await picturesBelow(join(root, name)) })),
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

const isHidden = (name: string): boolean => name.startsWith('.');

/**
 * Paths of the pictures in a folder and in those below it, sorted by code point; hidden ones left
 * out.
 */
export async function picturesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  await addPicturesBelow(folder, files);
  return files;
}

/** Into one list: the arguments of a `push(...many)` would overflow the stack. */
async function addPicturesBelow(folder: string, files: string[]): Promise<void> {
  for (const { name, isFolder: isDirectory } of await listFolder(folder)) {
    if (isHidden(name)) continue;
    const path = join(folder, name);
    // Links to folders are no folders here, so a loop of links cannot trap this.
    if (isDirectory) await addPicturesBelow(path, files);
    else if (isPicture(name)) files.push(path);
  }
}

/** Whether a file's name is one of a picture. */
export const isPicture = (name: string): boolean => extensions.has(extname(name).toLowerCase());

/** Throws `data` unless there are at least two classes. */
export function requireClasses(dataset: ImageDataset, root: string): void {
  if (dataset.classes.length >= 2) return;
  throw new ModelLockError(
    'data',
    `${root} has one class only, "${dataset.classes[0]}"; at least two are needed`,
  );
}

/**
 * At most `limit` items, every class with its share, the same ones for the same seed. A class that
 * is too rare for a share keeps one item, where there are as many as classes.
 */
export function limitItems(dataset: ImageDataset, limit: number, seed: number): ImageDataset {
  const { classes, items } = dataset;
  if (items.length <= limit) return dataset;
  const firsts = byLabel(items, classes.length).flatMap((members, label) =>
    shuffled(members, label, seed).slice(0, 1),
  );
  const shares = stratified(items, classes.length, limit, seed);
  const keep = new Set([...new Set([...firsts, ...shares])].slice(0, limit));
  return { ...dataset, items: items.filter((item) => keep.has(item)) };
}

/** The items of each of so many classes, in order. */
function byLabel(items: readonly ImageItem[], classes: number): ImageItem[][] {
  const members = Array.from({ length: classes }, (): ImageItem[] => []);
  for (const item of items) members[item.label].push(item);
  return members;
}

/** The first class that no item is of. */
export function emptyClass({ classes, items }: ImageDataset): string | undefined {
  const present = new Set(items.map(({ label }) => label));
  return classes.find((_, label) => !present.has(label));
}

/** The items of a class in an order that is the same for the same seed. */
function shuffled(members: readonly ImageItem[], label: number, seed: number): ImageItem[] {
  const order = counterRandom(seed, 101, label).permutation(members.length);
  return Array.from(order, (i) => members[i]);
}

/** `count` items in which the classes have the shares that they have in all. */
export function stratified(
  items: readonly ImageItem[],
  classes: number,
  count: number,
  seed: number,
): ImageItem[] {
  // Items are ranked within their class, and the ranks of all classes merged evenly.
  const ranked = byLabel(items, classes).flatMap((members, label) =>
    shuffled(members, label, seed).map((item, rank) => ({
      item,
      place: (rank + 0.5) / members.length,
    })),
  );
  return ranked
    .sort((a, b) => a.place - b.place || a.item.label - b.item.label)
    .slice(0, count)
    .map(({ item }) => item);
}

/**
 * The same items with the labels of other classes, matched by name where all names are known, else
 * by order. Throws `data` where neither fits.
 */
export function relabel(dataset: ImageDataset, classes: readonly string[]): ImageDataset {
  const place = new Map(classes.map((name, i) => [name.normalize('NFC'), i]));
  const placeOf = (name: string): number | undefined => place.get(name.normalize('NFC'));
  const byName = dataset.classes.map(placeOf);
  if (byName.every((label) => label !== undefined)) {
    return {
      classes,
      items: dataset.items.map((item) => ({ ...item, label: byName[item.label] })),
    };
  }
  if (dataset.classes.length === classes.length) return { ...dataset, classes };
  const unknown = dataset.classes.filter((name) => placeOf(name) === undefined);
  throw new ModelLockError('data', `the model has no class "${unknown[0]}"`, { valid: classes });
}
