/**
 * The bytes of a Buffer. A Buffer passes for a Uint8Array, but its `slice` does not copy, so none
 * of them leaves this room.
 */
export function bytesOf(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
