import type { EntropyBits } from './jpeg-entropy.ts';
import { decodeJpeg, type JpegPicture, type JpegScan } from './jpeg-stream.ts';
import type { StreamSize } from './stream-size.ts';

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

/**
 * Decodes lossless JPEG (ITU T.81, annex H: Huffman coding, the process of SOF3), which the codec
 * of the other kinds lacks. Throws as `decodeJpeg`.
 */
export const decodeLosslessJpeg = (bytes: Uint8Array, size: StreamSize): JpegPicture =>
  decodeJpeg(bytes, size, { marker: 0xc3, kind: 'a lossless picture', scan: decodeScan });

function decodeScan(scan: JpegScan, bits: EntropyBits): readonly number[] {
  const { width, height, precision, components, samples } = scan.frame;
  const channels = scan.channels.map(({ channel, tables: { dc } }) => {
    if (!dc) throw new RangeError('a table is missing');
    return { channel, table: dc };
  });
  const { predict, shift } = prediction(scan);
  const rowsToRestart = restartRows(scan);
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
  return channels.map(({ channel }) => channel);
}

/** The predictor, and how many low bits were dropped. */
function prediction({ frame, parameters: [selection, , shifts] }: JpegScan): {
  readonly predict: (typeof predictors)[number];
  readonly shift: number;
} {
  const predict = predictors.at(selection);
  const shift = shifts & 15;
  if (!predict || selection === 0 || shift >= frame.precision) {
    throw new RangeError(`there is no prediction ${selection}`);
  }
  return { predict, shift };
}

/** Restarts are counted in samples of the scan, and only ever stand at ends of rows. */
function restartRows({ frame: { width }, restartInterval }: JpegScan): number {
  if (restartInterval % width !== 0) throw new RangeError('it restarts within a row');
  return restartInterval / width;
}
