import { ModelLockError } from '../../base/error.ts';
import { parseCsv, type CsvRecord } from '../../formats/csv.ts';
import { readText } from '../../platform/files.ts';
import type { Annotation } from '../annotated-item.ts';
import { classPlaces, type MatchingOptions } from '../class-places.ts';
import { annotationsOf } from '../csv-annotations.ts';
import { findTextColumns, type ColumnNames } from '../csv-columns.ts';
import { writtenLabels } from '../csv-labels.ts';
import { isTable } from '../reading/layouts.ts';
import { ofSide, type Side } from '../reading/read-dataset.ts';

/** A text of one class. */
export interface LabelledText extends Annotation {
  readonly text: string;
  /** Number of its class. */
  readonly label: number;
}

/** Labelled texts, all in memory. */
export interface TextDataset {
  readonly classes: readonly string[];
  /** What the file calls the classes, where `classes` are those of a model. */
  readonly ownClasses: readonly string[];
  readonly samples: readonly LabelledText[];
  /** Lines without a text that were left out, as `FILE, line N`. */
  readonly skipped: readonly string[];
}

/** What a table does not say. */
export interface ReadTextsOptions extends MatchingOptions {
  readonly columns?: ColumnNames | undefined;
  /** The classes of a model, whose numbers the labels are to have, see `classPlaces`. */
  readonly classes?: readonly string[] | undefined;
  /** Leaves out lines without a text, instead of stopping at the first. */
  readonly skipBad?: boolean | undefined;
}

/**
 * The texts of one side of a CSV or TSV file, each of one class; undefined for the `test` side of a
 * file that is not split. Throws `data`, naming the line, `usage` for columns that are not there, and
 * `not-found`.
 */
export async function readTexts(
  path: string,
  side: Side,
  options: ReadTextsOptions = {},
): Promise<TextDataset | undefined> {
  if (!isTable(path)) {
    throw new ModelLockError('data', `${path} is no table of texts`, {
      valid: ['a .csv or .tsv file with a column of texts and one of labels'],
    });
  }
  const table = parseCsv(await readText(path), path);
  const columns = findTextColumns(table, options.columns ?? {}, path);
  const isBlank = ({ fields }: CsvRecord): boolean => fields[columns.text].trim() === '';
  const blank = table.records.filter(isBlank).map(({ line }) => `${path}, line ${line}`);
  if (blank.length > 0 && !options.skipBad) {
    throw new ModelLockError(
      'data',
      `${blank[0]}: there is no text; --skip-bad leaves such lines out`,
    );
  }
  const records = table.records.filter((record) => !isBlank(record));
  if (records.length === 0) {
    throw new ModelLockError('data', `${path} lists no texts`, { valid: ['a line for each'] });
  }
  const { classes: own, labels } = writtenLabels({ ...table, records }, columns.label, path, {
    separator: null,
  });
  const places = classPlaces(own, options.classes ?? own, options);
  const annotations = annotationsOf(records, columns, path);
  const all = records.map((record, i) => ({
    ...annotations[i],
    text: record.fields[columns.text],
    label: places[labels[i][0]],
  }));
  const samples = ofSide(all, side);
  return samples && { classes: options.classes ?? own, ownClasses: own, samples, skipped: blank };
}
