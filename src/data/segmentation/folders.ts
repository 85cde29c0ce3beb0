import { ModelLockError } from '../../base/error.ts';
import {
  dirname,
  exists,
  extname,
  isFolder,
  join,
  listFolder,
  readText,
  relative,
} from '../../platform/files.ts';
import { picturesBelow } from '../image-folder.ts';
import { classList, namesIn } from './class-list.ts';
import type { SegmentationDataset } from './item.ts';
import { readColourMask, readIndexMask } from './mask-file.ts';
import { readPalette } from './palette.ts';
import { vocClasses } from './voc-classes.ts';

/** How folders of pictures and masks are called. */
interface FolderLayout {
  readonly images: string;
  readonly masks: string;
  /** The folder of files that list the pictures of each side by name. */
  readonly lists?: string;
  /** The classes where no file names them. */
  readonly classes?: readonly string[];
}

/** The first whose two folders are there is used. */
const layouts: readonly FolderLayout[] = [
  { images: 'images', masks: 'masks' },
  { images: 'images', masks: 'labels' },
  { images: 'images', masks: 'annotations' },
  {
    images: 'JPEGImages',
    masks: 'SegmentationClass',
    lists: join('ImageSets', 'Segmentation'),
    classes: vocClasses,
  },
];

/** What a mask's name may have behind that of its picture. */
const maskSuffixes = ['', '_mask', '_L'] as const;

/** Files that name classes or colours, in the folder itself or the one above it. */
const classFiles = ['classes.txt', 'labels.txt'] as const;
const paletteFiles = ['palette.txt', 'palette.csv', 'label_colors.txt', 'class_dict.csv'] as const;

export interface SegmentationFolderOptions {
  /** Names of the classes from number 0 on, where no file names them. */
  readonly classes?: readonly string[];
  /** A file of colours, for masks that have colours. */
  readonly palette?: string;
  /** Names of classes that are to be ignored; those of `ignoredNames` unless given. */
  readonly ignore?: readonly string[];
  /** In the layout of Pascal VOC: the list, such as `train`. */
  readonly list?: string;
}

/**
 * Pictures and masks in two folders, paired by name: `images/a/x.jpg` with `masks/a/x.png`, or in the
 * layout of Pascal VOC with its lists. Masks are class numbers unless there is a palette. Throws `data`
 * where there are no pictures, and `not-found`.
 */
export async function readSegmentationFolder(
  root: string,
  options: SegmentationFolderOptions = {},
): Promise<SegmentationDataset> {
  const layout = await layoutOf(root);
  const images = await byStem(join(root, layout.images));
  const masks = await byStem(join(root, layout.masks));
  const stems = layout.lists
    ? await listed(join(root, layout.lists), options.list)
    : [...images.keys()];
  const { classes, read } = await maskReader(root, layout, options);
  const expected = (stem: string): string => join(root, layout.masks, `${stem}.png`);
  const items = stems.map((stem) => {
    const path = images.get(stem);
    if (path === undefined) {
      throw new ModelLockError(
        'not-found',
        `there is no picture ${join(root, layout.images, stem)}`,
      );
    }
    const maskFile = maskSuffixes.map((suffix) => masks.get(stem + suffix)).find(Boolean);
    return {
      path,
      mask: () => (maskFile === undefined ? noMask(path, expected(stem)) : read(maskFile)),
    };
  });
  if (items.length === 0) throw new ModelLockError('data', `${root} has no pictures with masks`);
  return { classes, items };
}

/** Only when the mask is wanted, so that such pictures can be left out. */
async function noMask(path: string, expected: string): Promise<never> {
  throw new ModelLockError('data', `${path} has no mask`, { valid: [expected] });
}

async function layoutOf(root: string): Promise<FolderLayout> {
  for (const layout of layouts) {
    const there = await Promise.all(
      [layout.images, layout.masks].map((name) => isFolder(join(root, name))),
    );
    if (there.every(Boolean)) return layout;
  }
  throw new ModelLockError('not-found', `${root} has no folders of pictures and masks`, {
    valid: layouts.map(({ images, masks }) => `${images} with ${masks}`),
  });
}

/** Pictures by their path in the folder without extension. */
async function byStem(folder: string): Promise<Map<string, string>> {
  const paths = await picturesBelow(folder);
  return new Map(
    paths.map((path) => {
      const name = relative(folder, path);
      return [name.slice(0, name.length - extname(name).length).normalize('NFC'), path];
    }),
  );
}

/** The names in a list; where none is asked for, those in all of them. */
async function listed(folder: string, list: string | undefined): Promise<string[]> {
  const lists = (await listFolder(folder))
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.txt') && !name.startsWith('.'));
  const wanted = list === undefined ? lists : lists.filter((name) => name === `${list}.txt`);
  if (wanted.length === 0) {
    throw new ModelLockError(
      'not-found',
      `there is no list ${join(folder, `${list ?? '*'}.txt`)}`,
      {
        valid: lists.map((name) => name.slice(0, -'.txt'.length)),
      },
    );
  }
  const texts = await Promise.all(wanted.map((name) => readText(join(folder, name))));
  return [...new Set(texts.flatMap(namesIn))];
}

type MaskReader = (path: string) => ReturnType<typeof readIndexMask>;

async function maskReader(
  root: string,
  layout: FolderLayout,
  options: SegmentationFolderOptions,
): Promise<{ classes: readonly string[]; read: MaskReader }> {
  const paletteFile = options.palette ?? (await firstFile(root, paletteFiles));
  if (paletteFile !== undefined) {
    const palette = await readPalette(paletteFile, options.ignore);
    return { classes: palette.classes, read: (path) => readColourMask(path, palette) };
  }
  const classFile = await firstFile(root, classFiles);
  const written = classFile === undefined ? undefined : namesIn(await readText(classFile));
  const names = options.classes ?? written ?? layout.classes;
  if (names === undefined) {
    throw new ModelLockError('not-found', `${root} has no file that names its classes`, {
      valid: [...classFiles, ...paletteFiles],
    });
  }
  const where = options.classes ? 'the list of classes' : (classFile ?? root);
  const list = classList(names, where, options.ignore);
  return { classes: list.classes, read: (path) => readIndexMask(path, list) };
}

async function firstFile(root: string, names: readonly string[]): Promise<string | undefined> {
  for (const folder of [root, dirname(root)]) {
    for (const name of names) {
      if (await exists(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}
