import { ModelLockError } from '../base/error.ts';
import type { CsvTable } from '../formats/csv.ts';
import type { LabelledDataset } from './annotated-item.ts';
import { indicatorValue } from './csv-indicators.ts';

/** What may stand between the labels of one cell. */
const separators = ['|', ';'] as const;
/** Between the labels of one cell; `null` where a cell is one label, whatever is in it. */
export type Separator = (typeof separators)[number] | null;

export interface Labels {
  readonly kind: LabelledDataset['kind'];
  readonly classes: readonly string[];
  /** Of each record: one where `kind` is `single`. */
  readonly labels: readonly (readonly number[])[];
}

/** Labels as columns of zeros and ones, one for each class. Throws `data`. */
export function indicatedLabels(
  table: CsvTable,
  indicators: readonly number[],
  where: string,
): Labels {
  const classes = indicators.map((column) => table.columns[column].normalize('NFC'));
  const twice = classes.find((name, i) => classes.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ModelLockError('data', `${where} has two columns of the class "${twice}"`, {
      valid: ['one column for each class'],
    });
  }
  const labels = table.records.map(({ line, fields }) =>
    indicators.flatMap((column, label) => {
      const value = indicatorValue(fields[column]);
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

export interface WrittenOptions {
  /** Found in the cells unless given. */
  readonly separator?: Separator;
  /** Whether a cell may have none or several, though no separator be found. */
  readonly several?: boolean;
}

/** Labels as words in a column. Throws `data`. */
export function writtenLabels(
  table: CsvTable,
  column: number,
  where: string,
  { separator: given, several = false }: WrittenOptions,
): Labels {
  const cells = table.records.map(({ fields }) => fields[column].normalize('NFC'));
  const found = separators.find((mark) => cells.some((text) => text.includes(mark)));
  const separator = given === undefined ? (found ?? (several ? '|' : null)) : given;
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
