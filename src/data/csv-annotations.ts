import { ModelLockError } from '../base/error.ts';
import type { CsvRecord } from '../formats/csv.ts';
import type { Annotation } from './annotated-item.ts';
import type { AnnotationColumns } from './csv-columns.ts';
import { sideNamed, sideWords } from './sides.ts';

/**
 * The side and the group of each record, where it has them. Throws `data`, naming the line, for a side
 * that is none, and for a record without one where others have one: it would be on no side at all.
 */
export function annotationsOf(
  records: readonly CsvRecord[],
  columns: AnnotationColumns,
  where: string,
): Annotation[] {
  const annotations = records.map((record) => annotationOf(record, columns, where));
  const blank = annotations.findIndex(({ split }) => split === undefined);
  if (blank >= 0 && annotations.some(({ split }) => split !== undefined)) {
    throw new ModelLockError(
      'data',
      `${where}, line ${records[blank].line}: there is no split, and other lines have one`,
      { valid: sideWords },
    );
  }
  return annotations;
}

function annotationOf(
  { line, fields }: CsvRecord,
  columns: AnnotationColumns,
  where: string,
): Annotation {
  const group = cell(fields, columns.group);
  const side = cell(fields, columns.split);
  const split = side === undefined ? undefined : sideNamed(side);
  if (side !== undefined && !split) {
    throw new ModelLockError('data', `${where}, line ${line}: there is no split "${side}"`, {
      valid: sideWords,
    });
  }
  return { ...(group !== undefined && { group }), ...(split && { split }) };
}

const cell = (fields: readonly string[], column: number | undefined): string | undefined =>
  (column === undefined ? '' : fields[column].trim().normalize('NFC')) || undefined;
