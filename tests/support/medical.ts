import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Small files as hospitals have them, made up here: no person is behind them. */

export interface DicomContent {
  readonly patient: string;
  readonly width: number;
  readonly height: number;
  /** 16-bit values of all frames, one after the other; without them the file has no pixels. */
  readonly values?: readonly number[];
  readonly frames?: number;
  readonly window?: { readonly centre: number; readonly width: number };
  /** Makes colours of the values. */
  readonly palette?: DicomPalette;
  /** The end of its study's UID. Default 2222. */
  readonly study?: string;
  /** Of the file: what differs between two files of the same picture. */
  readonly instance?: string;
}

export interface DicomPalette {
  /** The value that has the first colour. */
  readonly first: number;
  /** Bits of an entry, as the file says. */
  readonly bits: number;
  /** Of red, green and blue. */
  readonly tables: readonly (Uint8Array | Uint16Array)[];
}

/** What identifies the patient in these files, beside the id that the caller gives. */
export const secrets = ['Geheim', 'Gertrud', '19610213', 'ACC-0815', '1.2.826.0.1.3680043.8.498'];

/** Writes an uncompressed grey file, little-endian with explicit types. */
export function writeDicom(path: string, content: DicomContent): void {
  const {
    patient,
    width,
    height,
    values,
    frames = 1,
    window,
    palette,
    instance = '77',
    study = '2222',
  } = content;
  const uid = (end: string): string => `1.2.826.0.1.3680043.8.498.${end}`;
  const meta = [
    element(0x0002, 0x0002, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    element(0x0002, 0x0003, 'UI', uid(instance)),
    element(0x0002, 0x0010, 'UI', '1.2.840.10008.1.2.1'),
  ];
  const body = [
    element(0x0008, 0x0018, 'UI', uid(instance)),
    element(0x0008, 0x0050, 'SH', 'ACC-0815'),
    element(0x0008, 0x0060, 'CS', 'CT'),
    element(0x0010, 0x0010, 'PN', 'Geheim^Gertrud'),
    element(0x0010, 0x0020, 'LO', patient),
    element(0x0010, 0x0030, 'DA', '19610213'),
    element(0x0020, 0x000d, 'UI', uid(study)),
    element(0x0028, 0x0002, 'US', short(1)),
    element(0x0028, 0x0004, 'CS', palette ? 'PALETTE COLOR' : 'MONOCHROME2'),
    ...(frames > 1 ? [element(0x0028, 0x0008, 'IS', `${frames}`)] : []),
    element(0x0028, 0x0010, 'US', short(height)),
    element(0x0028, 0x0011, 'US', short(width)),
    element(0x0028, 0x0100, 'US', short(16)),
    element(0x0028, 0x0101, 'US', short(16)),
    element(0x0028, 0x0102, 'US', short(15)),
    element(0x0028, 0x0103, 'US', short(0)),
    ...(window
      ? [
          element(0x0028, 0x1050, 'DS', `${window.centre}`),
          element(0x0028, 0x1051, 'DS', `${window.width}`),
        ]
      : []),
    ...(palette ? paletteElements(palette) : []),
    ...(values ? [element(0x7fe0, 0x0010, 'OW', Buffer.concat(values.map(short)))] : []),
  ];
  const head = Buffer.concat(meta);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const group = element(0x0002, 0x0000, 'UL', length);
  write(path, Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), group, head, ...body]));
}

const paletteElements = ({ first, bits, tables }: DicomPalette): Buffer[] => [
  ...tables.map((table, i) => {
    const description = [table.length, first, bits].map(short);
    return element(0x0028, 0x1101 + i, 'US', Buffer.concat(description));
  }),
  ...tables.map((table, i) => element(0x0028, 0x1201 + i, 'OW', Buffer.from(table.buffer))),
];

function element(group: number, tag: number, type: string, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  // Values have an even length: identifiers are filled up with zeros, words with spaces.
  const filler = Buffer.from(type === 'UI' ? '\0' : ' ');
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, filler]);
  const long = type === 'OW';
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(tag, 2);
  head.write(type, 4, 'latin1');
  if (long) head.writeUInt32LE(even.length, 8);
  else head.writeUInt16LE(even.length, 6);
  return Buffer.concat([head, even]);
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** Writes a volume of float32 voxels, the first axis fastest; compressed if its name says so. */
export function writeNifti(
  path: string,
  shape: readonly [number, number, number] | readonly [number, number, number, number],
  voxels: readonly number[],
): void {
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  [shape.length, ...shape, 1, 1, 1, 1]
    .slice(0, 8)
    .forEach((size, i) => header.writeInt16LE(size, 40 + 2 * i));
  header.writeInt16LE(16, 70);
  header.writeInt16LE(32, 72);
  header.writeFloatLE(352, 108);
  header.write('n+1\0', 344, 'latin1');
  const data = Buffer.alloc(4 * voxels.length);
  voxels.forEach((value, i) => data.writeFloatLE(value, 4 * i));
  const whole = Buffer.concat([header, data]);
  write(path, path.endsWith('.gz') ? gzipSync(whole) : whole);
}

function write(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
