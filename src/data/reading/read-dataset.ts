import type { JobOptions } from '../../base/job.ts';
import type { SplitName } from '../annotated-item.ts';
import type { MatchingOptions } from '../class-places.ts';
import type { CsvOptions } from '../csv.ts';
import type { PictureFiles } from '../picture-files.ts';
import type { Dataset } from '../sample.ts';
import type { CocoOptions } from '../segmentation/coco.ts';
import type { MaskOptions } from '../segmentation/mask-reader.ts';
import type { Viewing } from '../viewing.ts';

/**
 * `train`: what is to be learnt, which is all of a set that is not split. `test`: what is kept back,
 * if it is. `scored`: what is kept back, or all.
 */
export type Side = 'train' | 'test' | 'scored';

/** What the files do not say. Each layout looks at its own options. */
export interface ReadOptions extends MatchingOptions, Pick<JobOptions, 'onNotice'> {
  /** Columns of a table. */
  readonly table?: Pick<CsvOptions, 'columns' | 'separator'>;
  /** Where the pictures are that a table or a COCO file names; beside it unless given. */
  readonly images?: string;
  readonly masks?: Pick<MaskOptions, 'palette' | 'ignore'>;
  readonly coco?: CocoOptions;
  /** How DICOM files and NIfTI volumes become pictures. */
  readonly viewing?: Viewing;
  /**
   * A regular expression whose first group is the name of a picture's group, such as its patient. It
   * is matched with the name of the file; with its path, where a slash is in it.
   */
  readonly groupPattern?: string;
  /** The classes of a model, whose numbers the labels are to have, see `classPlaces`. */
  readonly classes?: readonly string[];
  /** Folders that are no part of the set, wherever they lie: what a job makes, and its work. */
  readonly passedOver?: readonly string[];
  /** Finds the pictures; given where patients of several sets are to be told apart. */
  readonly files?: PictureFiles;
}

/** What somebody who has a data set may say about it. */
export type ReadingOptions = Omit<
  ReadOptions,
  'classes' | 'allowOrder' | 'passedOver' | 'files' | 'onNotice'
>;

/**
 * Reads a data set of some kind of label; undefined for the `test` side of one that is not split.
 * Throws `data` and `not-found`, naming the file.
 */
export type ReadDataset<Label> = (
  path: string,
  side: Side,
  options?: ReadOptions,
) => Promise<Dataset<Label> | undefined>;

/** How a table is read. It is read for its other side, too, so what is to be said is said once. */
export const tableOptions = ({ table, images, onNotice }: ReadOptions, side: Side): CsvOptions => ({
  ...table,
  root: images,
  onNotice: side === 'test' ? undefined : onNotice,
});

/** The items of a side, by where whoever made the set put them. */
export function ofSide<Item extends { readonly split?: SplitName }>(
  items: readonly Item[],
  side: Side,
): readonly Item[] | undefined {
  const on = (name: SplitName): Item[] => items.filter(({ split }) => split === name);
  if (items.every(({ split }) => split === undefined)) return side === 'test' ? undefined : items;
  if (side === 'train') return on('train');
  const [tested, validated] = [on('test'), on('val')];
  const kept = tested.length > 0 ? tested : validated;
  if (kept.length > 0) return kept;
  return side === 'test' ? undefined : items;
}
