import type { DataSet } from 'dicom-parser';
import { ModelLockError } from '../../base/error.ts';
import type { RgbImage } from '../../tensor/image.ts';
import type { PixelLayout } from './header.ts';

/** Of red, green and blue: the tags of what a table is like and of its entries. */
const tables = [
  ['x00281101', 'x00281201'],
  ['x00281102', 'x00281202'],
  ['x00281103', 'x00281203'],
] as const;

/** The colours of one channel by the stored value, the first of which is `first`. */
interface ColourTable {
  readonly first: number;
  readonly levels: Uint8Array;
}

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
  tables.forEach(([descriptor, entries], channel) => {
    const { first, levels } = tableOf(dataSet, descriptor, entries, signed, where);
    stored.forEach((value, i) => {
      const place = Math.min(Math.max(value - first, 0), levels.length - 1);
      data[i * 3 + channel] = levels[place];
    });
  });
  return { width, height, data };
}

function tableOf(
  dataSet: DataSet,
  descriptor: string,
  entries: string,
  signed: boolean,
  where: string,
): ColourTable {
  const { elements } = dataSet;
  const described = elements[descriptor]?.length === 6;
  // A count of zero stands for one more than 16 bits can say.
  const count = (described && dataSet.uint16(descriptor, 0)) || 65_536;
  const length = elements[entries]?.length ?? 0;
  if (!described || length < count) {
    throw new ModelLockError('data', `${where} has a table of ${count} colours in ${length} bytes`);
  }
  const first = (signed ? dataSet.int16(descriptor, 1) : dataSet.uint16(descriptor, 1)) ?? 0;
  return { first, levels: levelsOf(dataSet, entries, count, length) };
}

/** Entries are bytes where there is no room for words. Of words the upper byte counts, if it is used. */
function levelsOf(dataSet: DataSet, tag: string, count: number, length: number): Uint8Array {
  const start = dataSet.elements[tag].dataOffset;
  if (length < 2 * count) return dataSet.byteArray.slice(start, start + count);
  const words = Uint16Array.from({ length: count }, (_, i) => dataSet.uint16(tag, i) ?? 0);
  const shift = words.some((word) => word > 255) ? 8 : 0;
  return Uint8Array.from(words, (word) => word >> shift);
}
