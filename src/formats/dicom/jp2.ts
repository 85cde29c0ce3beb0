/** ISO 15444-1, I.5.1: the first box of a JP2 file. */
const signature = 0x6a502020;
const codestream = 0x6a703263;

/** The codestream of a JP2 file, which some devices store whole; other bytes as they are. */
export function codestreamOf(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(4) !== signature) return bytes;
  for (let place = 0; place + 8 <= bytes.length;) {
    const length = view.getUint32(place);
    // 0: up to the end. 1 stands for a length of 64 bits, which no frame has.
    const end = length === 0 ? bytes.length : place + length;
    if (view.getUint32(place + 4) === codestream) return bytes.subarray(place + 8, end);
    if (length < 8) break;
    place = end;
  }
  return bytes;
}
