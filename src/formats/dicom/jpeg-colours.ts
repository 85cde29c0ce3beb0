import { isFrameHeader, jpegSegments } from './stream-size.ts';

/** Adobe's marker for three channels that are what the tags say: no transform. */
// prettier-ignore
const untransformed = Uint8Array.of(
  0xff, 0xee, 0x00, 0x0e,
  0x41, 0x64, 0x6f, 0x62, 0x65, // Adobe
  0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00,
);
const adobe = 0xee;
const jfif = 0xe0;

/**
 * A JPEG stream that says what the tag says: that its three channels are red, green and blue. Decoders take channels for YCbCr
 * where a stream itself says nothing; so does this where colours are halved, which only YCbCr's are.
 */
export function sayingRgb(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { marker, place } of jpegSegments(view)) {
    if (marker === adobe || marker === jfif) return bytes;
    if (!isFrameHeader(marker)) continue;
    const samplings = [0, 1, 2].map((channel) => bytes[place + 11 + 3 * channel]);
    if (samplings.some((sampling) => sampling !== samplings[0])) return bytes;
    const marked = new Uint8Array(bytes.length + untransformed.length);
    marked.set(bytes.subarray(0, 2));
    marked.set(untransformed, 2);
    marked.set(bytes.subarray(2), 2 + untransformed.length);
    return marked;
  }
  return bytes;
}
