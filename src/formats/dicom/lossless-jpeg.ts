import { huffmanTable, EntropyBits, type HuffmanTable } from './jpeg-entropy.ts';
import { isFrameHeader, requireSize, type StreamSize } from './stream-size.ts';

/** A picture of samples, channels taking turns. */
export interface LosslessPicture {
  /** Bits of a sample. */
  readonly precision: number;
  /** HWC. */
  readonly samples: Uint16Array;
}

/**
 * What a sample is predicted from: the ones left of it, above it, and above left (ITU T.81, table
 * H.1).
 */
const predictors: readonly ((a: number, b: number, c: number) => number)[] = [
  () => 0,
  (a) => a,
  (_, b) => b,
  (_, _b, c) => c,
  (a, b, c) => a + b - c,
  (a, b, c) => a + ((b - c) >> 1),
  (a, b, c) => b + ((a - c) >> 1),
  (a, b) => (a + b) >> 1,
];

const markers = { frame: 0xc3, tables: 0xc4, end: 0xd9, scan: 0xda, restarts: 0xdd } as const;

const noHeader = 'its stream has no header of a lossless picture';

interface Frame {
  readonly precision: number;
  readonly width: number;
  readonly height: number;
  /** Identifiers of the components, in the order of the picture's channels. */
  readonly components: readonly number[];
  readonly samples: Uint16Array;
}

/**
 * Decodes lossless JPEG (ITU T.81, annex H: Huffman coding, the process of SOF3), which the codec
 * of the other kinds lacks. Throws errors that do not name the file, and does so for a picture of
 * another size than `size` before it takes room for it.
 */
export function decodeLosslessJpeg(bytes: Uint8Array, size: StreamSize): LosslessPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = new Map<number, HuffmanTable>();
  let frame: Frame | undefined;
  let rowsToRestart = 0;
  const done = new Set<number>();
  for (let place = 2; place + 4 <= bytes.length;) {
    const marker = view.getUint8(place + 1);
    if (view.getUint8(place) !== 0xff) throw new RangeError('a marker is missing in its stream');
    if (marker === 0xff) {
      place++;
      continue;
    }
    if (marker === markers.end) break;
    const end = place + 2 + view.getUint16(place + 2);
    const segment = bytes.subarray(place + 4, end);
    if (end > bytes.length) throw new RangeError('its stream ends early');
    place = end;
    if (marker === markers.tables) readTables(segment, tables);
    else if (isFrameHeader(marker)) {
      // A second header could be of another size than what has been decoded already.
      if (frame) throw new RangeError('its stream has two headers');
      if (marker !== markers.frame) throw new RangeError(noHeader);
      frame = readFrame(segment, size);
    } else if (marker === markers.restarts) rowsToRestart = restartRows(segment, frame);
    else if (marker === markers.scan) {
      if (!frame) throw new RangeError(noHeader);
      const scan = readScan(segment, frame, tables);
      place += decodeScan(bytes.subarray(place), frame, scan, rowsToRestart);
      for (const { channel } of scan.channels) done.add(channel);
      if (done.size === frame.components.length) return frame;
    }
  }
  throw new RangeError('its stream ends early');
}

function readTables(segment: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let place = 0; place + 17 <= segment.length;) {
    const counts = segment.subarray(place + 1, place + 17);
    const total = counts.reduce((a, b) => a + b, 0);
    const symbols = segment.subarray(place + 17, place + 17 + total);
    // The upper half byte is the kind of table, of which lossless JPEG has one.
    tables.set(segment[place] & 15, huffmanTable(counts, symbols));
    place += 17 + total;
  }
}

function readFrame(segment: Uint8Array, size: StreamSize): Frame {
  const count = segment.at(5) ?? 0;
  if (count === 0 || segment.length < 6 + 3 * count) throw new RangeError('its header is broken');
  const components = Array.from({ length: count }, (_, i) => segment[6 + 3 * i]);
  const sampling = Array.from({ length: count }, (_, i) => segment[7 + 3 * i]);
  if (sampling.some((factors) => factors !== sampling[0])) {
    throw new RangeError('its channels have different sizes');
  }
  const precision = segment[0];
  const height = segment[1] * 256 + segment[2];
  const width = segment[3] * 256 + segment[4];
  if (precision < 2 || precision > 16) throw new RangeError(`its samples have ${precision} bits`);
  requireSize({ width, height, channels: count }, size);
  const samples = new Uint16Array(width * height * count);
  return { precision, width, height, components, samples };
}

/** Restarts are counted in samples of the scan, and only ever stand at ends of rows. */
function restartRows(segment: Uint8Array, frame: Frame | undefined): number {
  const interval = segment[0] * 256 + segment[1];
  if (!frame || interval % frame.width !== 0) throw new RangeError('it restarts within a row');
  return interval / frame.width;
}

interface Scan {
  readonly channels: readonly { readonly channel: number; readonly table: HuffmanTable }[];
  readonly predict: (a: number, b: number, c: number) => number;
  /** How many low bits were dropped. */
  readonly shift: number;
}

function readScan(
  segment: Uint8Array,
  frame: Frame,
  tables: ReadonlyMap<number, HuffmanTable>,
): Scan {
  const count = segment.at(0) ?? 0;
  const channels = Array.from({ length: count }, (_, i) => {
    const channel = frame.components.indexOf(segment[1 + 2 * i]);
    const table = tables.get(segment[2 + 2 * i] >> 4);
    if (channel < 0 || !table) throw new RangeError('a channel or a table is missing');
    return { channel, table };
  });
  const selection = segment[1 + 2 * count];
  const shift = segment[3 + 2 * count] & 15;
  const predict = predictors.at(selection);
  if (!predict || selection === 0 || shift >= frame.precision) {
    throw new RangeError(`there is no prediction ${selection}`);
  }
  return { channels, predict, shift };
}

/** Decodes the channels of a scan into the frame. Returns how many bytes it had. */
function decodeScan(bytes: Uint8Array, frame: Frame, scan: Scan, rowsToRestart: number): number {
  const { width, height, precision, components, samples } = frame;
  const { channels, predict, shift } = scan;
  const bits = new EntropyBits(bytes);
  const step = components.length;
  const above = width * step;
  const middle = 1 << (precision - shift - 1);
  let firstRow = 0;
  for (let y = 0; y < height; y++) {
    if (rowsToRestart > 0 && y > 0 && y % rowsToRestart === 0) {
      bits.restart();
      firstRow = y;
    }
    for (let x = 0; x < width; x++) {
      for (const { channel, table } of channels) {
        const place = (y * width + x) * step + channel;
        const a = samples[place - step] >> shift;
        const b = samples[place - above] >> shift;
        const guess =
          y === firstRow
            ? x === 0
              ? middle
              : a
            : x === 0
              ? b
              : predict(a, b, samples[place - above - step] >> shift);
        // Differences are modulo 65536, and so are the typed array's elements.
        samples[place] = ((guess + bits.difference(table)) & 0xffff) << shift;
      }
    }
  }
  return bits.end();
}
