import { ModelLockError } from '../../base/error.ts';
import { inflate } from '../../platform/inflate.ts';
import type { LabelMap } from '../../tensor/label-map.ts';
import { readHeader, chunksOf, type PngHeader } from './chunks.ts';
import { passesOf, unfilter } from './scanlines.ts';

/**
 * The numbers in a PNG file of one channel, as they are stored: palette indices, not the palette's
 * colours, or grey values. Image libraries turn palettes into colours, which are of no use where the
 * number is the meaning.
 *
 * Bit depths up to 8. Throws `data`, naming `where`, for what is no PNG or of other channels.
 */
export async function decodeIndexPng(bytes: Uint8Array, where: string): Promise<LabelMap> {
  const header = readHeader(bytes, where);
  requireIndices(header, where);
  const { width, height, bitDepth } = header;
  const passes = passesOf(header);
  const length = passes.reduce(
    (sum, { rows, columns }) => sum + rows * (1 + rowBytes(columns, bitDepth)),
    0,
  );
  const raw = await inflate(imageData(bytes, where), 'zlib', length, where);
  if (raw.length < length) throw new ModelLockError('data', `${where} is a truncated PNG`);
  const data = new Uint8Array(width * height);
  const samplesPerByte = 8 / bitDepth;
  const mask = (1 << bitDepth) - 1;
  let place = 0;
  for (const pass of passes) {
    const stride = rowBytes(pass.columns, bitDepth);
    let above: Uint8Array = new Uint8Array(stride);
    for (let row = 0; row < pass.rows; row++) {
      const line = raw.subarray(place + 1, place + 1 + stride);
      unfilter(raw[place], line, above, where);
      for (let i = 0; i < pass.columns; i++) {
        const shift = 8 - bitDepth * (1 + (i % samplesPerByte));
        const value = (line[Math.floor(i / samplesPerByte)] >> shift) & mask;
        data[(pass.y + row * pass.dy) * width + pass.x + i * pass.dx] = value;
      }
      above = line;
      place += 1 + stride;
    }
  }
  return { width, height, data };
}

const rowBytes = (columns: number, bitDepth: number): number => Math.ceil((columns * bitDepth) / 8);

const colourTypes: ReadonlyMap<number, string> = new Map([
  [0, 'grey'],
  [2, 'colour'],
  [3, 'palette'],
  [4, 'grey with alpha'],
  [6, 'colour with alpha'],
]);

function requireIndices({ colourType, bitDepth }: PngHeader, where: string): void {
  const kind = colourTypes.get(colourType) ?? `colour type ${colourType}`;
  if ((colourType === 0 || colourType === 3) && [1, 2, 4, 8].includes(bitDepth)) return;
  throw new ModelLockError('data', `${where} is a PNG of ${bitDepth} bits, ${kind}`, {
    valid: ['8 bits or less, grey or palette'],
  });
}

/**
 * Whether a PNG file has one channel, so that `decodeIndexPng` reads it. Throws `data` for what is
 * no PNG.
 */
export function hasIndices(bytes: Uint8Array, where: string): boolean {
  const { colourType } = readHeader(bytes, where);
  return colourType === 0 || colourType === 3;
}

/** The deflated pixels, which may be in several chunks. */
function imageData(bytes: Uint8Array, where: string): Uint8Array {
  const parts = chunksOf(bytes, where).filter(({ type }) => type === 'IDAT');
  const all = new Uint8Array(parts.reduce((sum, { data }) => sum + data.length, 0));
  let place = 0;
  for (const { data } of parts) {
    all.set(data, place);
    place += data.length;
  }
  return all;
}
