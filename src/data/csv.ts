import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { parseCsv, type CsvTable } from '../formats/csv.ts';
import {
  dirname,
  isAbsolute,
  ofAnySystem,
  pathWithin,
  readText,
  relative,
} from '../platform/files.ts';
import type { Annotation, LabelledDataset } from './annotated-item.ts';
import { annotationsOf } from './csv-annotations.ts';
import { findColumns, type ColumnNames, type Columns } from './csv-columns.ts';
import { indicatedLabels, writtenLabels, type WrittenOptions } from './csv-labels.ts';

export interface CsvOptions extends WrittenOptions, Pick<JobOptions, 'onNotice'> {
  /** What paths are relative to, or lie below; the folder of the file unless given. */
  readonly root?: string;
  /** Names of columns that are not to be found by their usual ones. */
  readonly columns?: ColumnNames;
}

/**
 * The labelled pictures that a CSV or TSV file lists. Classes are either the labels in a column, by
 * code point (by value where all are whole numbers), or several columns of zeros and ones. Pictures
 * have several labels where those are columns, or where a cell has a `|` or `;`. Labels and groups
 * are compared as composed characters (NFC). Throws `data`, naming the line, and `not-found`.
 */
export async function readCsvDataset(
  path: string,
  options: CsvOptions = {},
): Promise<LabelledDataset> {
  const table = parseCsv(await readText(path), path);
  const columns = findColumns(table, options.columns ?? {}, path, options);
  if (table.records.length === 0) {
    throw new ModelLockError('data', `${path} lists no pictures`, { valid: ['a line for each'] });
  }
  const sources = pictures(table, columns, path, options);
  const { kind, classes, labels } = columns.indicators
    ? indicatedLabels(table, columns.indicators, path)
    : writtenLabels(table, columns.label!, path, options);
  if (kind === 'multi') {
    return { kind, classes, items: sources.map((source, i) => ({ ...source, labels: labels[i] })) };
  }
  return { kind, classes, items: sources.map((source, i) => ({ ...source, label: labels[i][0] })) };
}

/** Where the pictures lie and what else is known of them, in the order of the lines. */
function pictures(
  table: CsvTable,
  columns: Columns,
  where: string,
  { root = dirname(where) }: CsvOptions,
): (Annotation & { readonly path: string })[] {
  const lineOf = new Map<string, number>();
  const annotations = annotationsOf(table.records, columns, where);
  return table.records.map(({ line, fields }, i) => {
    const fail = (problem: string, valid?: readonly string[]): never => {
      throw new ModelLockError('data', `${where}, line ${line}: ${problem}`, { valid });
    };
    const name = fields[columns.path].trim();
    if (name === '') fail('there is no path');
    const path = placeOf(name, [root, dirname(where)]);
    if (path === undefined) return fail(`"${name}" leads out of ${root}`);
    const before = lineOf.get(path);
    if (before !== undefined) fail(`${name} is listed in line ${before} already`);
    lineOf.set(path, line);
    return { path, ...annotations[i] };
  });
}

/**
 * The path of a picture below the first of some folders or, if it is absolute, below any of them;
 * `undefined` where it leads out.
 */
function placeOf(name: string, folders: readonly string[]): string | undefined {
  if (isAbsolute(name)) {
    return folders.map((folder) => within(folder, relative(folder, name))).find(Boolean);
  }
  return within(folders[0], ofAnySystem(name));
}

function within(folder: string, name: string): string | undefined {
  try {
    return pathWithin(folder, name);
  } catch {
    return undefined;
  }
}
