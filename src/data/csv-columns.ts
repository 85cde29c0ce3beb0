import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import type { CsvTable } from '../formats/csv.ts';
import { findIndicators, inLine } from './csv-indicators.ts';

/** Names of the columns of a table of labels. */
export interface ColumnNames {
  readonly path?: string;
  readonly text?: string;
  /** One column of labels, or several of zeros and ones. */
  readonly label?: string | readonly string[];
  readonly split?: string;
  readonly group?: string;
}

/** Places in a record of what else may be known of a sample. */
export interface AnnotationColumns {
  readonly split?: number | undefined;
  readonly group?: number | undefined;
}

/** Places of columns in a record of a picture. Either `label` or `indicators` is there. */
export interface Columns extends AnnotationColumns {
  readonly path: number;
  readonly label?: number;
  /** Columns of zeros and ones, one for each class. */
  readonly indicators?: readonly number[];
}

/** Places of columns in a record of a text. */
export interface TextColumns extends AnnotationColumns {
  readonly text: number;
  readonly label: number;
}

/** What columns are usually called, the likeliest first, written as `folded` writes them. */
const usual = {
  path: ['path', 'file', 'image', 'filename', 'filepath'],
  text: ['text', 'sentence', 'review', 'content'],
  label: ['label', 'class', 'target', 'labels'],
  split: ['split', 'set', 'subset'],
  group: ['group', 'patient', 'patientid', 'subject', 'subjectid'],
  // The subject of a text is what it is about.
  groupOfTexts: ['group', 'patient', 'patientid', 'subjectid'],
} as const;
type Role = keyof typeof usual;

/** `Patient ID`, `patient_id` and `patientId` are one name. */
const folded = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '');

/** Finds columns by the names that are given or else by usual ones. */
class ColumnFinder {
  readonly #columns: readonly string[];
  readonly #folded: readonly string[];
  readonly #where: string;

  constructor({ columns }: CsvTable, where: string) {
    this.#columns = columns;
    this.#folded = columns.map(folded);
    this.#where = where;
  }

  /** Throws `usage` where it is not there. */
  named(name: string): number {
    const place = this.#columns.indexOf(name);
    if (place >= 0) return place;
    throw new ModelLockError('usage', `${this.#where} has no column "${name}"`, {
      valid: this.#columns,
    });
  }

  find(role: Role, name: string | undefined): number | undefined {
    if (name !== undefined) return this.named(name);
    return usual[role].map((known) => this.#folded.indexOf(known)).find((place) => place >= 0);
  }

  /** Throws `data` where nothing usual is there. */
  require(role: Role, name: string | undefined): number {
    const place = this.find(role, name);
    if (place !== undefined) return place;
    throw this.missing(role, usual[role]);
  }

  missing(role: Role, valid: readonly string[], hint?: string): ModelLockError {
    const problem = `${this.#where} has no column of ${role}s`;
    return new ModelLockError('data', hint ? `${problem}; ${hint}` : problem, { valid });
  }
}

/**
 * The columns of a table of pictures. Without a column of labels, all that hold nothing but zeros and
 * ones are classes, if there are at least two. Says which columns were found to be groups and classes.
 * Throws `usage` for a given name that is not there, `data` where nothing usual is, and where a column
 * is nearly a class.
 */
export function findColumns(
  table: CsvTable,
  names: ColumnNames,
  where: string,
  { onNotice }: Pick<JobOptions, 'onNotice'> = {},
): Columns {
  const finder = new ColumnFinder(table, where);
  const path = finder.require('path', names.path);
  const split = finder.find('split', names.split);
  const group = finder.find('group', names.group);
  const common = { path, split, group };
  if (group !== undefined && names.group === undefined) {
    onNotice?.(`${where}: groups are those of the column "${table.columns[group]}"`);
  }
  if (typeof names.label === 'object') {
    return { ...common, indicators: names.label.map((name) => finder.named(name)) };
  }
  const label = finder.find('label', names.label);
  if (label !== undefined) return { ...common, label };
  const { places, near } = findIndicators(table, new Set([path, split, group]), where);
  if (places.length < 2) {
    const [nearest] = near;
    const hint = nearest && `nearest is column "${nearest.column}", but for ${inLine(nearest)}`;
    const valid = [...usual.label, 'at least two columns of 0 and 1'];
    throw finder.missing('label', valid, hint);
  }
  const classes = places.map((place) => table.columns[place]).join(', ');
  const others = near.map((other) => `${other.column} (${inLine(other)})`).join(', ');
  onNotice?.(
    `${where}: classes are the columns ${classes}${others && `; not ${others}`}; --columns label=A+B names others`,
  );
  return { ...common, indicators: places };
}

/** The columns of a table of texts. Throws as `findColumns` does. */
export function findTextColumns(table: CsvTable, names: ColumnNames, where: string): TextColumns {
  if (typeof names.label === 'object') {
    throw new ModelLockError('usage', 'a text has one class, in one column of labels');
  }
  const finder = new ColumnFinder(table, where);
  return {
    text: finder.require('text', names.text),
    label: finder.require('label', names.label),
    split: finder.find('split', names.split),
    group: finder.find('groupOfTexts', names.group),
  };
}
