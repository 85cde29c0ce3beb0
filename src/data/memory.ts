import type { RgbImage } from '../tensor/image.ts';

/** 256 MiB: all of 20,000 pictures of 64x64, or 1,700 of 224x224. */
const defaultBytes = 256 * 2 ** 20;

/**
 * Values that are wanted again and again, kept up to a number of bytes and read anew beyond it.
 * Those that came first stay: where every epoch wants each value once, dropping the oldest would
 * drop each one just before it is wanted.
 */
export class Memory<T> {
  readonly #kept = new Map<string, T>();
  readonly #bytesOf: (value: T) => number;
  readonly #own: (value: T) => T;
  #free: number;

  /** @param own a value that holds on to nothing but what `bytesOf` counts. */
  constructor(bytesOf: (value: T) => number, own: (value: T) => T, bytes = defaultBytes) {
    this.#bytesOf = bytesOf;
    this.#own = own;
    this.#free = bytes;
  }

  /** The value of that name; callers share it and must not change it. */
  async get(name: string, read: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const value = await read();
    const bytes = this.#bytesOf(value);
    if (bytes <= this.#free && !this.#kept.has(name)) {
      this.#kept.set(name, this.#own(value));
      this.#free -= bytes;
    }
    return value;
  }
}

/** A memory of pictures. */
export const pictureMemory = (bytes?: number): Memory<RgbImage> =>
  new Memory(
    ({ data }) => data.length,
    // A view may hold on to the whole file that it was read from.
    (image) => ({ ...image, data: image.data.slice() }),
    bytes,
  );
