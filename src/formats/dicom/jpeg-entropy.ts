/**
 * A canonical Huffman code (ITU T.81, annex C): of each length, the first code and where its
 * symbols begin.
 */
export interface HuffmanTable {
  readonly symbols: Uint8Array;
  /**
   * Of each length from 1 to 16, at that index: the first code, the codes, the place of the first
   * symbol.
   */
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly place: Int32Array;
}

/** @param counts how many codes there are of each length from 1 to 16. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = {
    symbols: symbols.slice(),
    first: new Int32Array(17),
    count: new Int32Array(17),
    place: new Int32Array(17),
  };
  let code = 0;
  let place = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1];
    table.first[length] = code;
    table.count[length] = count;
    table.place[length] = place;
    place += count;
    code = (code + count) << 1;
  }
  if (symbols.length < place || code > 1 << 17) throw new RangeError('a Huffman table is broken');
  return table;
}

/** The entropy-coded bits of a scan, in which a zero byte follows every FF. */
export class EntropyBits {
  readonly #bytes: Uint8Array;
  #place = 0;
  #current = 0;
  #left = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A difference of samples: a Huffman code for how many bits it has, then those (annex H.1.2.2). */
  difference(table: HuffmanTable): number {
    const bits = this.#symbol(table);
    if (bits === 16) return 32768;
    if (bits > 16) throw new RangeError('its differences have too many bits');
    return this.#signed(bits);
  }

  /**
   * A coefficient and how many zeros stand before it: a code for those and its bits, then these (annex
   * F.2.2.2). Without bits, 15 zeros have another behind them, and fewer end the block.
   */
  coefficient(table: HuffmanTable): { readonly zeros: number; readonly value: number } {
    const symbol = this.#symbol(table);
    return { zeros: symbol >> 4, value: this.#signed(symbol & 15) };
  }

  /** Passes over the marker between two intervals. Throws where there is none. */
  restart(): void {
    this.#left = 0;
    const marker = this.#bytes[this.#place + 1];
    if (this.#bytes[this.#place] !== 0xff || !(marker >= 0xd0 && marker <= 0xd7)) {
      throw new RangeError('a restart is missing in its stream');
    }
    this.#place += 2;
  }

  /** How many bytes have been read, in part or whole. */
  end(): number {
    return this.#place;
  }

  #symbol({ symbols, first, count, place }: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | this.#bit();
      const index = code - first[length];
      if (index >= 0 && index < count[length]) return symbols[place[length] + index];
    }
    throw new RangeError('its stream has a code that no table has');
  }

  /** A number of so many bits, negative where the first is 0 (figure F.12). */
  #signed(bits: number): number {
    if (bits === 0) return 0;
    let value = 0;
    for (let i = 0; i < bits; i++) value = (value << 1) | this.#bit();
    return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
  }

  #bit(): number {
    if (this.#left === 0) {
      const bytes = this.#bytes;
      if (this.#place >= bytes.length) throw new RangeError('its stream ends early');
      this.#current = bytes[this.#place++];
      this.#left = 8;
      if (this.#current === 0xff && bytes[this.#place++] !== 0) {
        throw new RangeError('its stream ends early');
      }
    }
    return (this.#current >> --this.#left) & 1;
  }
}
