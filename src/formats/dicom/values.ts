import type { DataSet } from 'dicom-parser';
import { ModelLockError } from '../../base/error.ts';
import type { ValueImage } from '../intensity/grey.ts';
import type { PixelLayout } from './header.ts';
import { functionalGroup } from './functional-groups.ts';
import { entryOf, lookupTable, tableTags } from './lookup-table.ts';

/** The samples of a grey frame as numbers: the stored bits alone, with their sign. */
export function storedValues(bytes: Uint8Array, layout: PixelLayout): Float64Array {
  const { width, height, sampleBytes, bitsStored, highBit, signed } = layout;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(width * height);
  // Shifted up, what is above the stored bits drops out; shifted down, the sign fills up.
  const up = 31 - highBit;
  const down = 32 - bitsStored;
  for (let i = 0; i < values.length; i++) {
    const raw = sampleBytes === 1 ? view.getUint8(i) : view.getUint16(2 * i, true);
    values[i] = signed ? (raw << up) >> down : (raw << up) >>> down;
  }
  return values;
}

/**
 * Stored values in the unit of the modality, such as Hounsfield units, and those of them that are
 * no padding. Throws `data`, naming `where`, for a broken slope, intercept or table.
 */
export function modalityValues(
  stored: Float64Array,
  dataSet: DataSet,
  layout: PixelLayout,
  frame: number,
  where: string,
): ValueImage & { readonly measured: Float64Array } {
  const padding = layout.signed ? dataSet.int16('x00280120') : dataSet.uint16('x00280120');
  const rescale = modalityTransform(dataSet, layout, frame, where);
  const measured = padding === undefined ? stored : stored.filter((value) => value !== padding);
  const { width, height } = layout;
  return { width, height, values: stored.map(rescale), measured: measured.map(rescale) };
}

/** A table, or a line (PS3.3, C.11.1). */
function modalityTransform(
  dataSet: DataSet,
  { signed }: PixelLayout,
  frame: number,
  where: string,
): (value: number) => number {
  const item = dataSet.elements.x00283000?.items?.at(0)?.dataSet;
  if (item) {
    const table = lookupTable(item, { ...tableTags, of: 'modality values' }, signed, where);
    return (value) => entryOf(table, value);
  }
  const group = functionalGroup(dataSet, frame, 'x00289145');
  const slope = group.floatString('x00281053') ?? 1;
  const intercept = group.floatString('x00281052') ?? 0;
  if (Number.isFinite(slope) && Number.isFinite(intercept)) {
    return (value) => value * slope + intercept;
  }
  throw new ModelLockError('data', `${where} has no valid rescale slope and intercept`);
}
