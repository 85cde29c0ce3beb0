import { ModelLockError } from '../../base/error.ts';
import { readCsvDataset } from '../csv.ts';
import { readImageFolder, relabel, type ImageDataset } from '../image-folder.ts';
import type { Sample } from '../sample.ts';
import { classSideFolder, isTable, requireOtherNames } from './layouts.ts';
import { requireNoCoco, requireNoMasks } from './masks-instead.ts';
import { openItems } from './open-items.ts';
import {
  ofSide,
  tableOptions,
  type ReadDataset,
  type ReadOptions,
  type Side,
} from './read-dataset.ts';

/** Pictures of one class each: in class folders, or listed by a CSV or TSV file. */
export const readClassified: ReadDataset<number> = async (path, side, options = {}) => {
  const found = await (isTable(path) ? fromTable : fromFolder)(path, side, options);
  if (!found) return undefined;
  const { classes, items } = options.classes ? relabel(found, options.classes, options) : found;
  return {
    classes,
    ...(options.classes ? { ownClasses: found.classes } : {}),
    samples: await openItems(items, options, ({ label }) => sampleOf(label)),
  };
};

const sampleOf = (label: number): Pick<Sample<number>, 'stratum' | 'label'> => ({
  stratum: label,
  label: () => Promise.resolve(label),
});

async function fromFolder(
  path: string,
  side: Side,
  options: ReadOptions,
): Promise<ImageDataset | undefined> {
  await requireNoCoco(path);
  const root = await classSideFolder(path, side);
  if (root === undefined) return undefined;
  const set = await readImageFolder(root, options);
  requireNoMasks(root, set.classes);
  requireOtherNames(root, set.classes);
  return set;
}

async function fromTable(
  path: string,
  side: Side,
  options: ReadOptions,
): Promise<ImageDataset | undefined> {
  const { kind, classes, items } = await readCsvDataset(path, tableOptions(options, side));
  if (kind === 'multi') {
    throw new ModelLockError('data', `${path} has pictures of several classes`, {
      valid: ['--task multi-label', 'a column with one class for each picture'],
    });
  }
  const some = ofSide(items, side);
  return some && { classes, items: some };
}
