import { ModelLockError } from '../../base/error.ts';
import { basename, exists, extname, join, listFolder, relative } from '../../platform/files.ts';
import type { Size } from '../../tensor/image.ts';
import { ignoreIndex, type LabelMap } from '../../tensor/label-map.ts';
import { classPlaces } from '../class-places.ts';
import { leftOut } from '../left-out.ts';
import { picturesIn } from '../picture-tree.ts';
import type { Dataset, Sample } from '../sample.ts';
import { readCocoDataset } from '../segmentation/coco.ts';
import {
  pairedFolders,
  pairedFoldersIfAny,
  readSegmentationFolder,
  type SegmentationFolderOptions,
} from '../segmentation/folders.ts';
import type { SegmentationDataset, SegmentationItem } from '../segmentation/item.ts';
import { folderOfSameSide, pictureSideFolder, sideFolder } from './layouts.ts';
import { openItems } from './open-items.ts';
import type { ReadDataset, ReadOptions, Side } from './read-dataset.ts';

/**
 * Pictures with masks: in folders of pictures and masks, in the layout of Pascal VOC, or annotated
 * by a COCO file.
 */
export const readSegmented: ReadDataset<LabelMap> = async (path, side, options = {}) => {
  const reading = await layoutOf(path, side);
  return reading && datasetOf(await reading(options), options);
};

type Reading = (options: ReadOptions) => Promise<SegmentationDataset>;

/** How the side of a data set is read; undefined where it has no such side. */
async function layoutOf(path: string, side: Side): Promise<Reading | undefined> {
  if (extname(path).toLowerCase() === '.json') {
    return side === 'test' ? undefined : cocoReading(path, join(path, '..'));
  }
  const lists = join(path, 'ImageSets', 'Segmentation');
  if (await exists(lists)) return listed(path, lists, side);
  const annotations = join(path, 'annotations');
  if (await exists(annotations)) {
    const files = (await listFolder(annotations)).map(({ name }) => name);
    const instances = files.filter((name) => /^instances.*\.json$/.test(name));
    if (instances.length > 0) return cocoSide(path, annotations, instances, side);
  }
  const root = await sideFolder(path, side);
  if (root === undefined) {
    // The folders of pictures and masks may have the side that their own folder lacks.
    return (await pairedFoldersIfAny(path)) && paired(path, side);
  }
  const beside = join(root, '_annotations.coco.json');
  if (await exists(beside)) return cocoReading(beside, root);
  return paired(root, root === path ? side : 'train');
}

/** Folders of pictures and masks, which may themselves have folders for the sides. */
async function paired(root: string, side: Side): Promise<Reading | undefined> {
  const { images, masks } = await pairedFolders(root);
  const all = join(root, images);
  const within = await pictureSideFolder(all, side);
  if (within === undefined) return undefined;
  const ofSide = await folderOfSameSide(join(root, masks), basename(within));
  const folders = {
    images: relative(root, within),
    masks: ofSide === undefined ? masks : relative(root, ofSide),
    sharesMasks: ofSide === undefined && within !== all,
  };
  return async (options) => {
    const notice = within === all ? undefined : leftOut(all, [], await picturesIn(all));
    if (notice !== undefined) options.onNotice?.(notice);
    return readSegmentationFolder(root, { ...folderOptions(options), folders });
  };
}

/** In the layout of Pascal VOC lists tell the sides. */
async function listed(path: string, lists: string, side: Side): Promise<Reading | undefined> {
  const names = new Set((await listFolder(lists)).map(({ name }) => name));
  const there = (list: string): boolean => names.has(`${list}.txt`);
  const tested = ['test', 'val'].find(there);
  const list = side === 'train' ? ['train', 'trainval'].find(there) : tested;
  if (side === 'test' && (list === undefined || !there('train'))) return undefined;
  return (options) => readSegmentationFolder(path, { ...folderOptions(options), list });
}

const folderOptions = ({ masks, viewing, onNotice }: ReadOptions): SegmentationFolderOptions => ({
  ...masks,
  axis: viewing?.axis,
  onNotice,
});

/** In COCO's own layout `annotations/instances_train2017.json` goes with the folder `train2017`. */
async function cocoSide(
  path: string,
  annotations: string,
  files: readonly string[],
  side: Side,
): Promise<Reading | undefined> {
  const called = (word: string): string | undefined => files.find((name) => name.includes(word));
  const file = side === 'train' ? (called('train') ?? files[0]) : (called('test') ?? called('val'));
  if (file === undefined) {
    return side === 'test' ? undefined : cocoSide(path, annotations, files, 'train');
  }
  const name = file.replace(/^instances_?/, '').replace(/\.json$/, '');
  const folders = [join(path, name), join(path, 'images', name), join(path, 'images')];
  for (const folder of folders) {
    if (await exists(folder)) return cocoReading(join(annotations, file), folder);
  }
  return cocoReading(join(annotations, file), path);
}

const cocoReading =
  (file: string, folder: string): Reading =>
  ({ images, coco }) =>
    readCocoDataset(file, images ?? folder, coco);

async function datasetOf(
  { classes, items }: SegmentationDataset,
  options: ReadOptions,
): Promise<Dataset<LabelMap>> {
  const { classes: wanted } = options;
  const places = wanted && classPlaces(classes, wanted, options);
  const renumbered = (map: LabelMap): LabelMap =>
    places === undefined
      ? map
      : { ...map, data: map.data.map((label) => (label === ignoreIndex ? label : places[label])) };
  return {
    classes: wanted ?? classes,
    ...(wanted ? { ownClasses: classes } : {}),
    samples: await openItems(
      items,
      options,
      ({ mask, ignoresWhite }: SegmentationItem, { slice }) => ({
        stratum: 0,
        ignoresWhite,
        label: async () => renumbered(await mask(slice)),
      }),
    ),
  };
}

/** Throws `data` for a mask of another size than its picture. */
export function requireSameSize(mask: LabelMap, image: Size, { path }: Sample<unknown>): void {
  if (image.width === mask.width && image.height === mask.height) return;
  throw new ModelLockError(
    'data',
    `the mask of ${path} has ${mask.width}x${mask.height} pixels, the picture ${image.width}x${image.height}`,
  );
}
