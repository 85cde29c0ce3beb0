import { ModelLockError } from '../base/error.ts';
import type { CsvTable } from '../formats/csv.ts';

/** What a cell says of one class: zeros and ones, and `True` and `False` as pandas writes them. */
const values: ReadonlyMap<string, boolean> = new Map([
  ['0', false],
  ['0.0', false],
  ['false', false],
  ['1', true],
  ['1.0', true],
  ['true', true],
]);

/** Whether a picture is of a class, by its cell; `undefined` where that says neither. */
export const indicatorValue = (cell: string): boolean | undefined =>
  values.get(cell.trim().toLowerCase());

/** A column that could be a class by what is in most of its cells. */
interface NearIndicator {
  readonly column: string;
  /** Of the cells that are not empty, those that are zeros and ones. */
  readonly share: number;
  /** The first cell that is neither. */
  readonly line: number;
  readonly cell: string;
}

export interface Indicators {
  /** Places of the columns that hold nothing but zeros and ones. */
  readonly places: readonly number[];
  /** Columns that are no classes for some of their cells, the nearest first. */
  readonly near: readonly NearIndicator[];
}

/** A column with so large a share of zeros and ones was meant as a class. */
const meant = 0.9;
/** A column with a smaller share is of something else, and not worth a word. */
const alike = 0.5;

/**
 * The columns of a table that are classes, but for those `taken` by something else. Throws `data` for
 * one that holds zeros and ones in all but a few cells: to pass over it would lose a class.
 */
export function findIndicators(
  table: CsvTable,
  taken: ReadonlySet<number | undefined>,
  where: string,
): Indicators {
  const places: number[] = [];
  const near: NearIndicator[] = [];
  for (const [place, column] of table.columns.entries()) {
    if (taken.has(place)) continue;
    const strange = table.records.find(({ fields }) => indicatorValue(fields[place]) === undefined);
    if (!strange) {
      places.push(place);
      continue;
    }
    const share = indicatorShare(table, place);
    if (share < alike) continue;
    near.push({ column, share, line: strange.line, cell: strange.fields[place] });
  }
  near.sort((a, b) => b.share - a.share);
  const [nearest] = near;
  if (nearest && nearest.share >= meant) {
    throw new ModelLockError(
      'data',
      `${where}, ${inLine(nearest)} in column "${nearest.column}", which else holds 0 and 1`,
      { valid: [0, 1, `--columns label=${example(table, places)} to name the classes`] },
    );
  }
  return { places, near };
}

function indicatorShare({ records }: CsvTable, place: number): number {
  const cells = records.map(({ fields }) => fields[place]).filter((cell) => cell.trim() !== '');
  const known = cells.filter((cell) => indicatorValue(cell) !== undefined);
  return known.length / Math.max(cells.length, 1);
}

/** Of a column that is no class, the cell for which it is none: `line 9: "-1"`. */
export const inLine = ({ line, cell }: NearIndicator): string => `line ${line}: "${cell}"`;

const example = ({ columns }: CsvTable, places: readonly number[]): string =>
  places.length < 2 ? 'A+B' : places.map((place) => columns[place]).join('+');
