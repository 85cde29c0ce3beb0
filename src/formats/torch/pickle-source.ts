/** Thrown where a pickle goes on beyond the bytes there are. */
export class PickleCutOff extends Error {
  override readonly name = 'PickleCutOff';
  override readonly message = 'its pickle is cut off';
}

const newline = 0x0a;

/** The bytes of pickles, taken from the front. Whatever lies beyond their end throws `PickleCutOff`. */
export class PickleSource {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder();
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes there are, taken or not. */
  get length(): number {
    return this.#bytes.length;
  }

  /** How many bytes have been taken. */
  get position(): number {
    return this.#position;
  }

  /** A view, not a copy: a length that lies allocates nothing. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(length: number): string {
    return this.#text.decode(this.bytes(length));
  }

  /** Up to the next line feed, which is taken as well. */
  line(): string {
    const end = this.#bytes.indexOf(newline, this.#position);
    if (end < 0) throw new PickleCutOff();
    const line = this.text(end - this.#position);
    this.#position = end + 1;
    return line;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** As a number: beyond 53 bits it is longer than any file, rounded or not. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** The one number that pickles have with its highest byte first. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** An integer of so many bytes in two's complement; a bigint where a number does not hold it. */
  integer(length: number): number | bigint {
    const value = this.bytes(length).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  #advance(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start) throw new PickleCutOff();
    this.#position = start + length;
    return start;
  }
}
