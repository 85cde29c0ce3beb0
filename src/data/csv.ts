import { ModelLockError } from '../base/error.ts';
import { parseCsv, type CsvTable } from '../formats/csv.ts';
import { dirname, isAbsolute, pathWithin, readText } from '../platform/files.ts';
import type { Annotation, LabelledDataset, SplitName } from './annotated-item.ts';
import { findColumns, type ColumnNames, type Columns } from './csv-columns.ts';

export interface CsvOptions {
  /** What paths are relative to; the folder of the file unless given. */
  readonly root?: string;
  /** Names of columns that are not to be found by their usual ones. */
  readonly columns?: ColumnNames;
  /** Between the labels of one cell; `null` where a cell is one label, whatever is in it. */
  readonly separator?: '|' | ';' | null;
  /** Whether paths may be absolute, and so lie anywhere. */
  readonly allowAbsolute?: boolean;
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
  const columns = findColumns(table, options.columns ?? {}, path);
  if (table.records.length === 0) {
    throw new ModelLockError('data', `${path} lists no pictures`, { valid: ['a line for each'] });
  }
  const sources = pictures(table, columns, path, options);
  const { kind, classes, labels } = columns.indicators
    ? indicated(table, columns.indicators, path)
    : written(table, columns.label!, path, options.separator);
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
  { root = dirname(where), allowAbsolute = false }: CsvOptions,
): (Annotation & { readonly path: string })[] {
  const lineOf = new Map<string, number>();
  return table.records.map(({ line, fields }) => {
    const fail = (problem: string, valid?: readonly string[]): never => {
      throw new ModelLockError('data', `${where}, line ${line}: ${problem}`, { valid });
    };
    const name = fields[columns.path].trim();
    if (name === '') fail('there is no path');
    const path = isAbsolute(name)
      ? allowAbsolute
        ? name
        : fail(`the path "${name}" is absolute`, [`paths below ${root}`])
      : within(root, name, where, line);
    const before = lineOf.get(path);
    if (before !== undefined) fail(`${name} is listed in line ${before} already`);
    lineOf.set(path, line);
    const group = cell(fields, columns.group);
    const side = cell(fields, columns.split);
    const split = side === undefined ? undefined : splitWords.get(side.toLowerCase());
    if (side !== undefined && !split) fail(`there is no split "${side}"`, [...splitWords.keys()]);
    return { path, ...(group !== undefined && { group }), ...(split && { split }) };
  });
}

const cell = (fields: readonly string[], column: number | undefined): string | undefined =>
  (column === undefined ? '' : fields[column].trim().normalize('NFC')) || undefined;

/** The words that people have for the sides of a split. */
const splitWords: ReadonlyMap<string, SplitName> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['dev', 'val'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** A path below `root`; that of another system has backslashes. */
function within(root: string, name: string, where: string, line: number): string {
  try {
    return pathWithin(root, name.includes('/') ? name : name.replaceAll('\\', '/'));
  } catch (cause) {
    throw new ModelLockError('data', `${where}, line ${line}: "${name}" leads out of ${root}`, {
      cause,
    });
  }
}

interface Labels {
  readonly kind: LabelledDataset['kind'];
  readonly classes: readonly string[];
  /** Of each record: one where `kind` is `single`. */
  readonly labels: readonly (readonly number[])[];
}

/** Labels as columns of zeros and ones, one for each class. */
function indicated(table: CsvTable, indicators: readonly number[], where: string): Labels {
  const classes = indicators.map((column) => table.columns[column].normalize('NFC'));
  const labels = table.records.map(({ line, fields }) =>
    indicators.flatMap((column, label) => {
      const value = indicatorValues.get(fields[column].trim());
      if (value !== undefined) return value ? [label] : [];
      throw new ModelLockError(
        'data',
        `${where}, line ${line}: "${fields[column]}" in column "${table.columns[column]}"`,
        { valid: [0, 1] },
      );
    }),
  );
  return { kind: 'multi', classes, labels };
}

const indicatorValues: ReadonlyMap<string, boolean> = new Map([
  ['0', false],
  ['0.0', false],
  ['1', true],
  ['1.0', true],
]);

/** Labels as words in a column. */
function written(
  table: CsvTable,
  column: number,
  where: string,
  given: CsvOptions['separator'],
): Labels {
  const cells = table.records.map(({ fields }) => fields[column].normalize('NFC'));
  const found = (['|', ';'] as const).find((mark) => cells.some((text) => text.includes(mark)));
  const separator = given === undefined ? found : (given ?? undefined);
  const names = cells.map((text) =>
    (separator ? text.split(separator) : [text]).map((name) => name.trim()).filter(Boolean),
  );
  const empty = names.findIndex((list) => list.length === 0);
  if (!separator && empty >= 0) {
    throw new ModelLockError(
      'data',
      `${where}, line ${table.records[empty].line}: there is no label`,
    );
  }
  const classes = sortedClasses(new Set(names.flat()));
  const place = new Map(classes.map((name, i) => [name, i]));
  return {
    kind: separator ? 'multi' : 'single',
    classes,
    labels: names.map((list) =>
      [...new Set(list)].map((name) => place.get(name)!).sort((a, b) => a - b),
    ),
  };
}

/** By code point; whole numbers by value, so that class 10 does not come before class 2. */
function sortedClasses(names: ReadonlySet<string>): string[] {
  const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
  return sorted.every((name) => /^\d{1,15}$/.test(name))
    ? sorted.sort((a, b) => Number(a) - Number(b))
    : sorted;
}
