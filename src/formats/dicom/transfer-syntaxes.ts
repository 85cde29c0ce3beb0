import { codecs, type Codec } from './codecs.ts';

/** How the pixels of a file are encoded (PS3.5, annex A). */
export interface TransferSyntax {
  readonly name: string;
  readonly bigEndian?: true;
  /** Undoes the compression of a frame; pixels are native without. */
  readonly codec?: Codec;
}

const native: TransferSyntax = { name: 'uncompressed' };
const rle: TransferSyntax = { name: 'RLE', codec: codecs.rle };
const jpeg: TransferSyntax = { name: 'JPEG baseline', codec: codecs.jpeg };
const extendedJpeg: TransferSyntax = { name: 'JPEG extended', codec: codecs.extendedJpeg };
const losslessJpeg: TransferSyntax = { name: 'JPEG lossless', codec: codecs.losslessJpeg };
const jpegLs: TransferSyntax = { name: 'JPEG-LS', codec: codecs.jpegLs };
const jpeg2000: TransferSyntax = { name: 'JPEG 2000', codec: codecs.jpeg2000 };

export const transferSyntaxes: ReadonlyMap<string, TransferSyntax> = new Map([
  ['1.2.840.10008.1.2', native],
  ['1.2.840.10008.1.2.1', native],
  ['1.2.840.10008.1.2.1.99', native],
  ['1.2.840.10008.1.2.2', { ...native, bigEndian: true }],
  ['1.2.840.10008.1.2.5', rle],
  ['1.2.840.10008.1.2.4.50', jpeg],
  ['1.2.840.10008.1.2.4.51', extendedJpeg],
  ['1.2.840.10008.1.2.4.57', losslessJpeg],
  ['1.2.840.10008.1.2.4.70', losslessJpeg],
  ['1.2.840.10008.1.2.4.80', jpegLs],
  ['1.2.840.10008.1.2.4.81', jpegLs],
  ['1.2.840.10008.1.2.4.90', jpeg2000],
  ['1.2.840.10008.1.2.4.91', jpeg2000],
]);
