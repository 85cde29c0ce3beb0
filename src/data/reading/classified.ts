import { ModelLockError } from '../../base/error.ts';
import type { AnnotatedItem } from '../annotated-item.ts';
import { readCsvDataset } from '../csv.ts';
import { readImageFolder, relabel, type ImageDataset } from '../image-folder.ts';
import { filePicture, type Dataset } from '../sample.ts';
import { isTable, sideFolder } from './layouts.ts';
import { ofSide, type ReadDataset, type ReadOptions, type Side } from './read-dataset.ts';

/** Pictures of one class each: in class folders, or listed by a CSV or TSV file. */
export const readClassified: ReadDataset<number> = async (path, side, options = {}) => {
  const set = await (isTable(path) ? fromTable : fromFolder)(path, side, options);
  if (!set || !options.classes) return set && datasetOf(set);
  return { ...datasetOf(relabel(set, options.classes)), ownClasses: set.classes };
};

async function fromFolder(path: string, side: Side): Promise<ImageDataset | undefined> {
  const root = await sideFolder(path, side);
  return root === undefined ? undefined : readImageFolder(root);
}

async function fromTable(
  path: string,
  side: Side,
  { table, images }: ReadOptions,
): Promise<ImageDataset | undefined> {
  const { kind, classes, items } = await readCsvDataset(path, { ...table, root: images });
  if (kind === 'multi') {
    throw new ModelLockError('data', `${path} has pictures of several classes`, {
      valid: ['--task multi-label', 'a column with one class for each picture'],
    });
  }
  const some = ofSide(items, side);
  return some && { classes, items: some };
}

/** Pictures of one class each as samples. */
function datasetOf({ classes, items }: ImageDataset): Dataset<number> {
  return {
    classes,
    samples: items.map(({ path, label, ...annotation }: AnnotatedItem) => ({
      ...filePicture(path),
      ...annotation,
      stratum: label,
      label: () => Promise.resolve(label),
    })),
  };
}
