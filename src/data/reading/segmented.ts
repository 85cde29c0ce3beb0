import { ModelLockError } from '../../base/error.ts';
import { basename, exists, extname, join, listFolder, relative } from '../../platform/files.ts';
import type { Size } from '../../tensor/image.ts';
import { ignoreIndex, type LabelMap } from '../../tensor/label-map.ts';
import { splitNames } from '../annotated-item.ts';
import { classPlaces } from '../class-places.ts';
import { leftOut } from '../left-out.ts';
import { picturesIn } from '../picture-tree.ts';
import type { Dataset, Sample } from '../sample.ts';
import { sideNamed } from '../sides.ts';
import { instancesIn, readCocoDataset } from '../segmentation/coco.ts';
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
  const instances = await instancesIn(annotations);
  if (instances.length > 0) return cocoSide(path, annotations, instances, side);
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
  const names = (await listFolder(lists)).map(({ name }) => name);
  const file = sidedFiles(names.filter((name) => name.endsWith('.txt')))[side];
  if (file === undefined && side === 'test') return undefined;
  const list = file?.replace(/\.txt$/, '');
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
  const sided = sidedFiles(
    files,
    files.find((name) => sideNamed(sideWord(name)) === undefined),
  );
  const file = sided[side] ?? (side === 'test' ? undefined : (sided.train ?? files[0]));
  if (file === undefined) return undefined;
  const name = file.replace(/^instances_?/, '').replace(/\.json$/, '');
  const folders = [join(path, name), join(path, 'images', name), join(path, 'images')];
  for (const folder of folders) {
    if (await exists(folder)) return cocoReading(join(annotations, file), folder);
  }
  return cocoReading(join(annotations, file), path);
}

/** The word for a side in the name of a file: `train.txt`, `instances_val2017.json`. */
const sideWord = (name: string): string =>
  /^(?:instances_?)?([a-z]*)/i.exec(name)![1].toLowerCase();

/**
 * The file of each side.
 *
 * @param other what is learnt from where no file is called after that side.
 */
function sidedFiles(
  files: readonly string[],
  other?: string,
): Readonly<Record<Side, string | undefined>> {
  const [train, val, test] = splitNames.map((side) =>
    files.find((name) => sideNamed(sideWord(name)) === side),
  );
  // It holds the pictures of the validation side as well.
  const both = files.find((name) => sideWord(name) === 'trainval');
  const learnt = train ?? both ?? other;
  const kept = test ?? (learnt === both ? undefined : val);
  return { train: learnt, test: learnt && kept, scored: test ?? val };
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
  // Whoever drew the mask may have seen the picture turned.
  const isTurned = image.width === mask.height && image.height === mask.width;
  const hint = isTurned ? '; an EXIF orientation of the picture is not followed' : '';
  throw new ModelLockError(
    'data',
    `the mask of ${path} has ${mask.width}x${mask.height} pixels, the picture ${image.width}x${image.height}${hint}`,
  );
}
