import { ModelLockError } from '../../base/error.ts';
import type { RgbImage } from '../../tensor/image.ts';
import type { SampleKind } from '../sample.ts';

/** Width and height, little-endian, before the pixels. */
const headerBytes = 8;

/** Pictures of 8 bits a channel, written raw: at 64x64 a PNG takes longer to write than to edit. */
export const imageKind: SampleKind<RgbImage> = {
  name: 'image',
  encode({ width, height, data }) {
    const bytes = new Uint8Array(headerBytes + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, width, true);
    view.setUint32(4, height, true);
    bytes.set(data, headerBytes);
    return bytes;
  },
  decode(bytes, where) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [width, height] =
      bytes.length < headerBytes ? [0, 0] : [view.getUint32(0, true), view.getUint32(4, true)];
    if (width * height === 0 || bytes.length !== headerBytes + width * height * 3) {
      throw new ModelLockError('corrupt', `${where} is not a whole picture`);
    }
    return { width, height, data: bytes.subarray(headerBytes) };
  },
  mix: mixImages,
};

/** Halves are rounded up. Throws `shape` when the sizes differ. */
export function mixImages(image: RgbImage, edited: RgbImage, alpha: number): RgbImage {
  const { width, height } = image;
  if (edited.width !== width || edited.height !== height) {
    throw new ModelLockError(
      'shape',
      `a ${edited.width}x${edited.height} edit of a ${width}x${height} image`,
    );
  }
  if (alpha === 0) return image;
  if (alpha === 1) return edited;
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = (1 - alpha) * image.data[i] + alpha * edited.data[i] + 0.5;
  }
  return { width, height, data };
}
