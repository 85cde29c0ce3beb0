import { ModelLockError } from '../base/error.ts';
import type { CsvRecord } from '../formats/csv.ts';
import type { Annotation, SplitName } from './annotated-item.ts';
import type { AnnotationColumns } from './csv-columns.ts';

/** The side and the group of a record, where it has them. Throws `data` for a side that is none. */
export function annotationOf(
  { line, fields }: CsvRecord,
  columns: AnnotationColumns,
  where: string,
): Annotation {
  const group = cell(fields, columns.group);
  const side = cell(fields, columns.split);
  const split = side === undefined ? undefined : splitWords.get(side.toLowerCase());
  if (side !== undefined && !split) {
    throw new ModelLockError('data', `${where}, line ${line}: there is no split "${side}"`, {
      valid: [...splitWords.keys()],
    });
  }
  return { ...(group !== undefined && { group }), ...(split && { split }) };
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
