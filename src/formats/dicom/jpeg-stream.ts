import { EntropyBits, huffmanTable, type HuffmanTable } from './jpeg-entropy.ts';
import { isFrameHeader, requireSize, type StreamSize } from './stream-size.ts';

/** A picture of samples, channels taking turns. */
export interface JpegPicture {
  /** Bits of a sample. */
  readonly precision: number;
  /** HWC. */
  readonly samples: Uint16Array;
}

/** What a stream's header says of its picture (ITU T.81, annex B.2.2). */
export interface JpegFrame extends JpegPicture {
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
}

export interface JpegComponent {
  readonly id: number;
  /** How many samples it has of a pixel across and down: two half bytes. */
  readonly sampling: number;
  /** The table that its coefficients are quantised by, if it has some. */
  readonly quantisation: number;
}

/** One of JPEG's ways to code a picture. All throw errors that do not name the file. */
export interface JpegProcess {
  /** The marker of the header of its pictures, and what those are called. */
  readonly marker: number;
  readonly kind: string;
  /** Takes any other segment. */
  readonly segment?: (marker: number, segment: Uint8Array) => void;
  /** Decodes the channels of a scan into the picture. Returns which those were. */
  readonly scan: (scan: JpegScan, bits: EntropyBits) => readonly number[];
}

/** A scan's header (annex B.2.3), and what holds where it stands. */
export interface JpegScan {
  readonly frame: JpegFrame;
  /** Places of its channels in `frame.components`, and their tables, by number and kind. */
  readonly channels: readonly { readonly channel: number; readonly tables: ScanTables }[];
  /** The three bytes that end it, which processes use each in its own way. */
  readonly parameters: readonly [number, number, number];
  /** Units of the scan between two restarts, or 0. */
  readonly restartInterval: number;
}

/** The Huffman tables of a channel: of differences (of DC coefficients, or of samples), and of AC coefficients. */
export interface ScanTables {
  readonly dc?: HuffmanTable;
  readonly ac?: HuffmanTable;
}

const markers = { huffman: 0xc4, end: 0xd9, scan: 0xda, restarts: 0xdd } as const;

/**
 * Decodes a stream of one process, segment by segment. Throws a `RangeError` for what is broken or of
 * another process, and for a picture of another size than `size` before it takes room for it.
 */
export function decodeJpeg(bytes: Uint8Array, size: StreamSize, process: JpegProcess): JpegPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const noHeader = `its stream has no header of ${process.kind}`;
  const tables = new Map<number, HuffmanTable>();
  let frame: JpegFrame | undefined;
  let restartInterval = 0;
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
    if (marker === markers.huffman) readTables(segment, tables);
    else if (isFrameHeader(marker)) {
      // A second header could be of another size than what has been decoded already.
      if (frame) throw new RangeError('its stream has two headers');
      if (marker !== process.marker) throw new RangeError(noHeader);
      frame = readFrame(segment, size);
    } else if (marker === markers.restarts) restartInterval = segment[0] * 256 + segment[1];
    else if (marker === markers.scan) {
      if (!frame) throw new RangeError(noHeader);
      const bits = new EntropyBits(bytes.subarray(place));
      const scan = { ...readScan(segment, frame, tables), frame, restartInterval };
      for (const channel of process.scan(scan, bits)) done.add(channel);
      place += bits.end();
      if (done.size === frame.components.length) return frame;
    } else process.segment?.(marker, segment);
  }
  throw new RangeError('its stream ends early');
}

/** Tables by the byte that names them: its upper half is 0 for differences, 1 for coefficients. */
function readTables(segment: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let place = 0; place + 17 <= segment.length;) {
    const counts = segment.subarray(place + 1, place + 17);
    const total = counts.reduce((a, b) => a + b, 0);
    const symbols = segment.subarray(place + 17, place + 17 + total);
    tables.set(segment[place], huffmanTable(counts, symbols));
    place += 17 + total;
  }
}

function readFrame(segment: Uint8Array, size: StreamSize): JpegFrame {
  const count = segment.at(5) ?? 0;
  if (count === 0 || segment.length < 6 + 3 * count) throw new RangeError('its header is broken');
  const components = Array.from({ length: count }, (_, i) => {
    const [id, sampling, quantisation] = segment.subarray(6 + 3 * i);
    return { id, sampling, quantisation };
  });
  if (components.some(({ sampling }) => sampling !== components[0].sampling)) {
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

function readScan(
  segment: Uint8Array,
  { components }: JpegFrame,
  tables: ReadonlyMap<number, HuffmanTable>,
): Pick<JpegScan, 'channels' | 'parameters'> {
  const count = segment.at(0) ?? 0;
  if (segment.length < 4 + 2 * count) throw new RangeError('its header is broken');
  const channels = Array.from({ length: count }, (_, i) => {
    const [id, numbers] = segment.subarray(1 + 2 * i);
    const channel = components.findIndex((component) => component.id === id);
    if (channel < 0) throw new RangeError('a channel is missing');
    const dc = tables.get(numbers >> 4);
    const ac = tables.get(0x10 | (numbers & 15));
    return { channel, tables: { dc, ac } };
  });
  const [start, end, shifts] = segment.subarray(1 + 2 * count);
  return { channels, parameters: [start, end, shifts] };
}
