import { ModelLockError } from '../base/error.ts';
import type { CsvTable } from '../formats/csv.ts';

/** Names of the columns of a table of labels. */
export interface ColumnNames {
  readonly path?: string;
  /** One column of labels, or several of zeros and ones. */
  readonly label?: string | readonly string[];
  readonly split?: string;
  readonly group?: string;
}

/** Places of columns in a record. Either `label` or `indicators` is there. */
export interface Columns {
  readonly path: number;
  readonly label?: number;
  /** Columns of zeros and ones, one for each class. */
  readonly indicators?: readonly number[];
  readonly split?: number;
  readonly group?: number;
}

/** What columns are usually called, the likeliest first. */
const usual = {
  path: ['path', 'file', 'image', 'filename', 'file_name', 'filepath'],
  label: ['label', 'class', 'target', 'labels'],
  split: ['split', 'set', 'subset'],
  group: ['group', 'patient', 'patient_id', 'patientid'],
} as const;

/**
 * The columns of a table, by the names that are given or else by usual ones. Without a column of
 * labels, all that hold nothing but zeros and ones are classes, if there are at least two. Throws
 * `usage` for a given name that is not there, `data` where nothing usual is.
 */
export function findColumns(table: CsvTable, names: ColumnNames, where: string): Columns {
  const byName = (name: string): number => {
    const place = table.columns.indexOf(name);
    if (place >= 0) return place;
    throw new ModelLockError('usage', `${where} has no column "${name}"`, {
      valid: table.columns,
    });
  };
  const lower = table.columns.map((column) => column.toLowerCase());
  const find = (role: keyof typeof usual, name: string | undefined): number | undefined => {
    if (name !== undefined) return byName(name);
    return usual[role].map((known) => lower.indexOf(known)).find((place) => place >= 0);
  };
  const path = find('path', names.path);
  if (path === undefined) throw missing(where, 'paths', usual.path);
  const split = find('split', names.split);
  const group = find('group', names.group);
  const common = { path, split, group };
  if (typeof names.label === 'object') return { ...common, indicators: names.label.map(byName) };
  const label = find('label', names.label);
  if (label !== undefined) return { ...common, label };
  const taken = new Set([path, split, group]);
  const indicators = table.columns
    .map((_, place) => place)
    .filter((place) => !taken.has(place) && isIndicator(table, place));
  if (indicators.length >= 2) return { ...common, indicators };
  throw missing(where, 'labels', [...usual.label, 'at least two columns of 0 and 1']);
}

const isIndicator = ({ records }: CsvTable, column: number): boolean =>
  records.every(({ fields }) => /^[01](?:\.0)?$/.test(fields[column].trim()));

const missing = (where: string, what: string, valid: readonly string[]): ModelLockError =>
  new ModelLockError('data', `${where} has no column of ${what}`, { valid });
