import { ModelLockError } from '../../base/error.ts';
import { classPlaces } from '../class-places.ts';
import { readCsvDataset } from '../csv.ts';
import { isTable } from './layouts.ts';
import { openItems } from './open-items.ts';
import { ofSide, tableOptions, type ReadDataset } from './read-dataset.ts';

/** The numbers of the classes of a picture, ascending; none at all is an answer, too. */
export type LabelSet = readonly number[];

/** Pictures of any number of classes, listed by a CSV or TSV file. */
export const readMultiLabelled: ReadDataset<LabelSet> = async (path, side, options = {}) => {
  if (!isTable(path)) {
    throw new ModelLockError('data', `${path} cannot say of which classes its pictures are`, {
      valid: ['a CSV or TSV file with a column for each class, or labels with | or ; between'],
    });
  }
  const { classes: wanted } = options;
  const set = await readCsvDataset(path, { ...tableOptions(options, side), several: true });
  const items =
    set.kind === 'multi'
      ? set.items
      : set.items.map(({ label, ...item }) => ({ ...item, labels: [label] }));
  const places = wanted && classPlaces(set.classes, wanted, options);
  const some = ofSide(items, side);
  if (!some) return undefined;
  const samples = await openItems(some, options, ({ labels }) => {
    const own = places ? labels.map((label) => places[label]).sort((a, b) => a - b) : labels;
    return {
      // The rarest combinations are of no use to draws: the first class stands for all.
      stratum: own[0] ?? -1,
      label: () => Promise.resolve(own),
    };
  });
  return {
    classes: wanted ?? set.classes,
    ...(wanted ? { ownClasses: set.classes } : {}),
    samples,
  };
};
