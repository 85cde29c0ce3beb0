/**
 * Undoes DICOM's run-length coding of a frame (PS3.5, annex G): up to 15 segments of PackBits, each
 * of which holds one byte of every sample of one channel, the highest byte first.
 *
 * @param pixels of the frame.
 * @param channels samples for each pixel.
 * @param sampleBytes bytes of a sample.
 * @returns channel after channel, little-endian. Throws a message without a name for what is
 * broken.
 */
export function decodeRle(
  bytes: Uint8Array,
  pixels: number,
  channels: number,
  sampleBytes: number,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = channels * sampleBytes;
  if (bytes.length < 64 || view.getUint32(0, true) !== segments) {
    throw new RangeError(`its run lengths do not have ${segments} segments`);
  }
  const out = new Uint8Array(pixels * segments);
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + 4 * segment, true);
    const last = segment + 1 === segments;
    const end = last ? bytes.length : view.getUint32(8 + 4 * segment, true);
    if (start < 64 || end < start || end > bytes.length) {
      throw new RangeError(`segment ${segment} of its run lengths is outside the frame`);
    }
    const channel = Math.floor(segment / sampleBytes);
    const byte = sampleBytes - 1 - (segment % sampleBytes);
    unpack(
      bytes.subarray(start, end),
      out,
      channel * pixels * sampleBytes + byte,
      sampleBytes,
      pixels,
    );
  }
  return out;
}

/** Writes `count` bytes of PackBits, `step` apart from `place` on. */
function unpack(
  bytes: Uint8Array,
  out: Uint8Array,
  place: number,
  step: number,
  count: number,
): void {
  let done = 0;
  for (let i = 0; done < count && i < bytes.length;) {
    const head = bytes[i++];
    // 128 is no operation.
    const literal = head < 128;
    const length = Math.min(literal ? head + 1 : head > 128 ? 257 - head : 0, count - done);
    for (let k = 0; k < length; k++) out[place + (done + k) * step] = bytes[literal ? i + k : i];
    done += length;
    if (literal) i += head + 1;
    else if (head > 128) i++;
    if (i > bytes.length) break;
  }
  if (done < count) throw new RangeError('its run lengths end before the picture does');
}
