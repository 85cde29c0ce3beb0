import type { DataSet } from 'dicom-parser';
import { ModelLockError } from '../../base/error.ts';

/** A table of what values become (PS3.3, C.11.1.1 and C.7.6.3.1.5). */
export interface LookupTable {
  /** The value that the first entry is for. */
  readonly first: number;
  readonly entries: Uint16Array;
  /** Bits of an entry, as the file says it. */
  readonly bits: number;
}

/** The tags of a table that is an item of a sequence. */
export const tableTags = { descriptor: 'x00283002', data: 'x00283006' } as const;

/** The entry of a value; what lies before or behind the table has its first or last one. */
export function entryOf({ first, entries }: LookupTable, value: number): number {
  return entries[Math.min(Math.max(Math.floor(value - first), 0), entries.length - 1)];
}

/**
 * The table of a tag with its description and one with its entries. Throws `data`, naming `where` and
 * what they are, for a table that is missing or too short.
 *
 * @param signed whether the pixels are, where the file does not say it of the table.
 */
export function lookupTable(
  dataSet: DataSet,
  {
    descriptor,
    data,
    of,
  }: { readonly descriptor: string; readonly data: string; readonly of: string },
  signed: boolean,
  where: string,
): LookupTable {
  const { elements } = dataSet;
  const described = elements[descriptor]?.length === 6;
  // A count of zero stands for one more than 16 bits can say.
  const count = (described && dataSet.uint16(descriptor, 0)) || 65_536;
  const length = elements[data]?.length ?? 0;
  if (!described || length < count) {
    throw new ModelLockError('data', `${where} has a table of ${count} ${of} in ${length} bytes`);
  }
  const { vr } = elements[descriptor];
  const isSigned = vr === undefined ? signed : vr === 'SS';
  return {
    first: (isSigned ? dataSet.int16(descriptor, 1) : dataSet.uint16(descriptor, 1)) ?? 0,
    entries: entriesOf(dataSet, data, count, length),
    bits: dataSet.uint16(descriptor, 2) ?? 16,
  };
}

/** Entries are bytes where there is no room for words. */
function entriesOf(dataSet: DataSet, tag: string, count: number, length: number): Uint16Array {
  const start = dataSet.elements[tag].dataOffset;
  if (length < 2 * count) {
    return Uint16Array.from(dataSet.byteArray.subarray(start, start + count));
  }
  return Uint16Array.from({ length: count }, (_, i) => dataSet.uint16(tag, i) ?? 0);
}
