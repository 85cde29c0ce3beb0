import { ModelLockError } from '../base/error.ts';
import { requireSensibleSize, type RgbImage } from '../tensor/image.ts';

/** Picture formats so plain that the image library leaves them out: BMP and binary PPM and PGM. */

type Decoder = (bytes: Uint8Array) => RgbImage;

const decoders: readonly { readonly magic: string; readonly decode: Decoder }[] = [
  { magic: 'BM', decode: decodeBmp },
  { magic: 'P6', decode: decodeNetpbm },
  { magic: 'P5', decode: decodeNetpbm },
];

/** The picture, or `undefined` where it is in another format. Throws `data`. */
export function decodePlain(bytes: Uint8Array): RgbImage | undefined {
  const magic = String.fromCharCode(...bytes.subarray(0, 2));
  return decoders.find((format) => format.magic === magic)?.decode(bytes);
}

/** Uncompressed BMP of 24 or 32 bits. */
function decodeBmp(bytes: Uint8Array): RgbImage {
  if (bytes.length < 54) throw new ModelLockError('data', 'truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = view.getUint32(10, true);
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  if (compression !== 0 || (bits !== 24 && bits !== 32)) {
    throw new ModelLockError('data', `BMP of ${bits} bits, compression ${compression}`, {
      valid: ['24 or 32 bits, uncompressed'],
    });
  }
  requireSensibleSize({ width, height });
  const channels = bits / 8;
  const stride = Math.ceil((width * channels) / 4) * 4;
  if (start + stride * height > bytes.length) throw new ModelLockError('data', 'truncated');
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    // Rows run from the bottom up, unless the height is negative.
    const row = start + stride * (signedHeight > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        data[(y * width + x) * 3 + c] = bytes[row + x * channels + 2 - c];
      }
    }
  }
  return { width, height, data };
}

/** Binary PPM (P6) or PGM (P5) of 8 bits. */
function decodeNetpbm(bytes: Uint8Array): RgbImage {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 512));
  const header =
    /^P([56])(?:\s+#[^\n]*)*\s+(\d+)(?:\s+#[^\n]*)*\s+(\d+)(?:\s+#[^\n]*)*\s+(\d+)\s/.exec(text);
  if (!header) throw new ModelLockError('data', 'no valid PPM header');
  const [, kind, width, height, largest] = header.map(Number);
  requireSensibleSize({ width, height });
  if (largest !== 255)
    throw new ModelLockError('data', `PPM with values up to ${largest}, not 255`);
  const channels = kind === 6 ? 3 : 1;
  const pixels = bytes.subarray(header[0].length, header[0].length + width * height * channels);
  if (pixels.length < width * height * channels) throw new ModelLockError('data', 'truncated');
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = pixels[channels === 3 ? i : Math.floor(i / 3)];
  return { width, height, data };
}
