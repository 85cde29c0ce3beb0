import { ModelLockError } from '../../base/error.ts';
import type { JobOptions } from '../../base/job.ts';
import {
  isFolder,
  join,
  listFolder,
  pathWithin,
  readText,
  relative,
} from '../../platform/files.ts';
import { pictureFilesBelow } from '../picture-tree.ts';
import type { SlicePlace } from '../picture-files.ts';
import { isVolume, pictureStem } from '../picture-format.ts';
import { namesIn } from './class-list.ts';
import type { SegmentationDataset } from './item.ts';
import { maskReader, type MaskOptions } from './mask-reader.ts';
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
/** What a picture's name may have behind that of its mask: nnU-Net numbers the channels of a volume. */
const firstChannel = '_0000';

/** What the mask of a picture may be called, without the ending. */
const maskStems = (stem: string): readonly string[] => [
  ...maskSuffixes.map((end) => stem + end),
  ...(stem.endsWith(firstChannel) ? [stem.slice(0, -firstChannel.length)] : []),
];

export interface SegmentationFolderOptions extends MaskOptions, Pick<JobOptions, 'onNotice'> {
  /** In the layout of Pascal VOC: the list, such as `train`. */
  readonly list?: string;
  /** Folders for one side within those of all pictures and masks, such as `images/train`. */
  readonly folders?: SideFolders;
}

interface SideFolders extends Pick<FolderLayout, 'images' | 'masks'> {
  /** Whether other sides have their masks in the same folder, where they are no strays. */
  readonly sharesMasks: boolean;
}

/**
 * Pictures and masks in two folders, paired by name: `images/a/x.jpg` with `masks/a/x.png`, or
 * `images/x.nii.gz` with `masks/x.nii.gz`, or in the layout of Pascal VOC with its lists. Masks are class
 * numbers unless there is a palette. Says how many masks have no picture. Throws `data` where there are no
 * pictures, or two of one name, and `not-found`.
 */
export async function readSegmentationFolder(
  root: string,
  options: SegmentationFolderOptions = {},
): Promise<SegmentationDataset> {
  const layout = { ...(await pairedFolders(root)), ...options.folders };
  const images = await byStem(join(root, layout.images));
  const masks = await byStem(join(root, layout.masks));
  const stray = options.folders?.sharesMasks ? undefined : strayMasks(images, masks);
  if (stray !== undefined) options.onNotice?.(stray);
  const stems = layout.lists
    ? await listed(join(root, layout.lists), options.list)
    : [...images.keys()];
  const { classes, read, ignoresWhite } = await maskReader(root, options, layout.classes);
  const expected = (stem: string, path: string): string =>
    join(root, layout.masks, stem + (isVolume(path) ? '.nii.gz' : '.png'));
  const items = stems.map((stem) => {
    // What a list names and the folder lacks is missed when it is read, so that it can be left out.
    const path = images.get(stem) ?? pathWithin(join(root, layout.images), `${stem}.jpg`);
    const maskFile = maskStems(stem)
      .map((name) => masks.get(name))
      .find(Boolean);
    return {
      path,
      mask: (slice?: SlicePlace) =>
        maskFile === undefined ? noMask(path, expected(stem, path)) : read(maskFile, slice),
      ignoresWhite: maskFile !== undefined && ignoresWhite(maskFile),
    };
  });
  if (items.length === 0) throw new ModelLockError('data', `${root} has no pictures with masks`);
  return { classes, items };
}

/** Only when the mask is wanted, so that such pictures can be left out. */
async function noMask(path: string, expected: string): Promise<never> {
  throw new ModelLockError('data', `${path} has no mask`, { valid: [expected] });
}

/** How the folders of pictures and masks in `root` are called; `undefined` where there are none. */
export async function pairedFoldersIfAny(root: string): Promise<FolderLayout | undefined> {
  for (const layout of layouts) {
    const there = await Promise.all(
      [layout.images, layout.masks].map((name) => isFolder(join(root, name))),
    );
    if (there.every(Boolean)) return layout;
  }
  return undefined;
}

/** Whether these are folders of pictures and of masks, and nothing else. */
export function arePairedFolders(names: readonly string[]): boolean {
  // VOC has masks of single objects beside those of classes.
  const known = new Set([
    'SegmentationObject',
    ...layouts.flatMap((one) => [one.images, one.masks]),
  ]);
  return (
    names.every((name) => known.has(name)) &&
    layouts.some(({ images, masks }) => names.includes(images) && names.includes(masks))
  );
}

/** How the folders of pictures and masks in `root` are called. Throws `not-found`. */
export async function pairedFolders(root: string): Promise<FolderLayout> {
  const layout = await pairedFoldersIfAny(root);
  if (layout) return layout;
  throw new ModelLockError('not-found', `${root} has no folders of pictures and masks`, {
    valid: layouts.map(({ images, masks }) => `${images} with ${masks}`),
  });
}

/**
 * Files by their path in the folder without extension. Throws `data` for two that differ in nothing
 * else, for names are all that pairs pictures with masks.
 */
async function byStem(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const path of await pictureFilesBelow(folder)) {
    const stem = pictureStem(relative(folder, path)).normalize('NFC');
    const other = files.get(stem);
    if (other !== undefined) {
      throw new ModelLockError('data', `${other} and ${path} have one name, but for the ending`, {
        valid: ['one file of a name in a folder'],
      });
    }
    files.set(stem, path);
  }
  return files;
}

/** Of masks that belong to none of the pictures, as text; `undefined` where there are none. */
function strayMasks(
  images: ReadonlyMap<string, string>,
  masks: ReadonlyMap<string, string>,
): string | undefined {
  const paired = new Set([...images.keys()].flatMap(maskStems));
  const stray = [...masks].filter(([stem]) => !paired.has(stem)).map(([, path]) => path);
  if (stray.length === 0) return undefined;
  return `${stray.length} masks have no picture and are left out, the first is ${stray[0]}`;
}

/** The names in a list; where none is asked for, those in all of them. */
async function listed(folder: string, list: string | undefined): Promise<string[]> {
  const lists = (await listFolder(folder))
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.txt') && !name.startsWith('.'));
  const wanted = list === undefined ? lists : lists.filter((name) => name === `${list}.txt`);
  if (wanted.length === 0) {
    const names = lists.map((name) => name.slice(0, -'.txt'.length));
    throw new ModelLockError(
      'not-found',
      `there is no list ${join(folder, `${list ?? '*'}.txt`)}`,
      {
        valid:
          names.length > 0 ? names : ['train.txt and val.txt, with a name of a picture a line'],
      },
    );
  }
  const texts = await Promise.all(wanted.map((name) => readText(join(folder, name))));
  return [...new Set(texts.flatMap(namesIn))];
}
