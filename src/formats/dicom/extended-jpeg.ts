import type { EntropyBits, HuffmanTable } from './jpeg-entropy.ts';
import { decodeJpeg, type JpegFrame, type JpegPicture, type JpegScan } from './jpeg-stream.ts';
import type { StreamSize } from './stream-size.ts';

/** Samples across and down a block, and coefficients of one. */
const side = 8;
const area = side * side;

/** Where coefficients stand in a block, row by row, in the order of the stream (ITU T.81, figure A.6). */
// prettier-ignore
const zigzag = Uint8Array.of(
   0,  1,  8, 16,  9,  2,  3, 10,
  17, 24, 32, 25, 18, 11,  4,  5,
  12, 19, 26, 33, 40, 48, 41, 34,
  27, 20, 13,  6,  7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36,
  29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
);

const quantisationTables = 0xdb;

/**
 * Decodes a grey picture of JPEG's extended process (ITU T.81, annex F.2: sequential, Huffman
 * coding, SOF1), which has samples of 12 bits that the codec of the other kinds is not built for.
 * Throws as `decodeJpeg`, and for colours.
 */
export function decodeExtendedJpeg(bytes: Uint8Array, size: StreamSize): JpegPicture {
  const quantisations = new Map<number, Uint16Array>();
  return decodeJpeg(bytes, size, {
    marker: 0xc1,
    kind: 'an extended picture',
    segment: (marker, segment) => {
      if (marker === quantisationTables) readQuantisations(segment, quantisations);
    },
    scan: (scan, bits) => {
      const quantisation = quantisations.get(scan.frame.components[0].quantisation);
      if (!quantisation) throw new RangeError('a table is missing');
      return decodeScan(scan, bits, quantisation);
    },
  });
}

/** Tables in the order of the stream (annex B.2.4.1): each the size of its entries, its number, its entries. */
function readQuantisations(segment: Uint8Array, quantisations: Map<number, Uint16Array>): void {
  for (let place = 0; place < segment.length;) {
    const wide = segment[place] >> 4 === 1;
    const length = area * (wide ? 2 : 1);
    const entries = segment.subarray(place + 1, place + 1 + length);
    if (entries.length < length) throw new RangeError('a table is broken');
    quantisations.set(
      segment[place] & 15,
      Uint16Array.from({ length: area }, (_, i) =>
        wide ? entries[2 * i] * 256 + entries[2 * i + 1] : entries[i],
      ),
    );
    place += 1 + length;
  }
}

/** The blocks of a channel that has a scan to itself go row by row, whatever its sampling. */
function decodeScan(scan: JpegScan, bits: EntropyBits, quantisation: Uint16Array): [number] {
  const { width, height, components } = scan.frame;
  const { dc, ac } = scan.channels.at(0)?.tables ?? {};
  if (components.length !== 1) throw new RangeError('it has colours of more than 8 bits');
  if (!dc || !ac) throw new RangeError('a table is missing');
  const across = Math.ceil(width / side);
  const blocks = across * Math.ceil(height / side);
  const coefficients = new Float64Array(area);
  const values = new Float64Array(area);
  let mean = 0;
  for (let block = 0; block < blocks; block++) {
    if (scan.restartInterval > 0 && block > 0 && block % scan.restartInterval === 0) {
      bits.restart();
      mean = 0;
    }
    coefficients.fill(0);
    mean += bits.difference(dc);
    coefficients[0] = mean * quantisation[0];
    readCoefficients(bits, ac, quantisation, coefficients);
    inverseCosines(coefficients, values);
    putBlock(scan.frame, (block % across) * side, Math.floor(block / across) * side, values);
  }
  return [0];
}

/** All coefficients of a block but the first, which are zero where the stream says nothing of them. */
function readCoefficients(
  bits: EntropyBits,
  table: HuffmanTable,
  quantisation: Uint16Array,
  coefficients: Float64Array,
): void {
  for (let k = 1; k < area; k++) {
    const { zeros, value } = bits.coefficient(table);
    if (value === 0 && zeros < 15) return;
    k += zeros;
    if (k >= area) throw new RangeError('a block has too many coefficients');
    coefficients[zigzag[k]] = value * quantisation[k];
  }
}

/** Puts a block where it belongs, as far as that is within the picture. */
function putBlock(
  { width, height, precision, samples }: JpegFrame,
  left: number,
  top: number,
  values: Float64Array,
): void {
  const most = 2 ** precision - 1;
  const middle = 2 ** (precision - 1);
  const [right, bottom] = [Math.min(width, left + side), Math.min(height, top + side)];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const value = Math.round(values[(y - top) * side + (x - left)] + middle);
      samples[y * width + x] = Math.min(Math.max(value, 0), most);
    }
  }
}

/** `cosines[x * 8 + u]`: what coefficient u adds to sample x (annex A.3.3). */
const cosines = Float64Array.from({ length: area }, (_, i) => {
  const [x, u] = [Math.floor(i / side), i % side];
  return (Math.cos(((2 * x + 1) * u * Math.PI) / 16) * (u === 0 ? Math.SQRT1_2 : 1)) / 2;
});
const rows = new Float64Array(area);

/** The inverse discrete cosine transform of a block into `values`, first across, then down. */
function inverseCosines(coefficients: Float64Array, values: Float64Array): void {
  for (let v = 0; v < side; v++) {
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let u = 0; u < side; u++) sum += cosines[x * side + u] * coefficients[v * side + u];
      rows[v * side + x] = sum;
    }
  }
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let v = 0; v < side; v++) sum += cosines[y * side + v] * rows[v * side + x];
      values[y * side + x] = sum;
    }
  }
}
