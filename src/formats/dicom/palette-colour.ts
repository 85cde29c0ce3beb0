import type { DataSet } from 'dicom-parser';
import { ModelLockError } from '../../base/error.ts';
import type { RgbImage } from '../../tensor/image.ts';
import type { PixelLayout } from './header.ts';
import { entryOf, lookupTable } from './lookup-table.ts';

/** Of red, green and blue: the tags of what a table is like and of its entries. */
const tables = [
  { descriptor: 'x00281101', data: 'x00281201', of: 'colours' },
  { descriptor: 'x00281102', data: 'x00281202', of: 'colours' },
  { descriptor: 'x00281103', data: 'x00281203', of: 'colours' },
] as const;

/**
 * The picture of a frame whose samples are places in three tables of colours (PS3.3, C.7.6.3.1.5).
 * What lies before or behind a table has its first or last colour. Throws `data`, naming `where`, for
 * tables that are missing or too short, and `unsupported` for segmented ones.
 *
 * @param stored the samples, height * width.
 */
export function paletteImage(
  stored: Float64Array,
  dataSet: DataSet,
  layout: PixelLayout,
  where: string,
): RgbImage {
  if (dataSet.elements.x00281221) {
    throw new ModelLockError('unsupported', `${where} has segmented tables of colours`, {
      valid: ['tables with an entry for each value'],
    });
  }
  const { width, height, signed } = layout;
  const data = new Uint8Array(width * height * 3);
  tables.forEach((tags, channel) => {
    const table = lookupTable(dataSet, tags, signed, where);
    // Of words the upper byte counts, if it is used.
    const shift = table.entries.some((entry) => entry > 255) ? 8 : 0;
    stored.forEach((value, i) => {
      data[i * 3 + channel] = entryOf(table, value) >> shift;
    });
  });
  return { width, height, data };
}
