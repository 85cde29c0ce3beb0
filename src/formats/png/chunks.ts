import { ModelLockError } from '../../base/error.ts';
import { requireSensibleSize } from '../../tensor/image.ts';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colourType: number;
  readonly interlaced: boolean;
}

export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Throws `data`, naming `where`, for what is no PNG, is of a size that no picture has. */
export function readHeader(bytes: Uint8Array, where: string): PngHeader {
  if (bytes.length < 33 || signature.some((byte, i) => bytes[i] !== byte)) {
    throw new ModelLockError('data', `${where} is no PNG file`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  requireSensibleSize({ width, height }, where);
  return {
    width,
    height,
    bitDepth: bytes[24],
    colourType: bytes[25],
    interlaced: bytes[28] === 1,
  };
}

/**
 * All chunks up to the end; what they hold is not copied. Throws `data` for a file that ends
 * before.
 */
export function chunksOf(bytes: Uint8Array, where: string): PngChunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: PngChunk[] = [];
  for (let place = signature.length; place + 8 <= bytes.length;) {
    const length = view.getUint32(place);
    const type = String.fromCharCode(...bytes.subarray(place + 4, place + 8));
    if (type === 'IEND') return chunks;
    const end = place + 8 + length;
    if (end + 4 > bytes.length) break;
    chunks.push({ type, data: bytes.subarray(place + 8, end) });
    place = end + 4;
  }
  throw new ModelLockError('data', `${where} is a truncated PNG`);
}
