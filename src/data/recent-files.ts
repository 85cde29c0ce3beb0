/** 512 MiB: some twenty volumes of a brain. */
const defaultBytes = 512 * 2 ** 20;

interface Entry<T> {
  readonly file: Promise<T>;
  /** Bytes, once the file is there. */
  size: number;
}

/** What was made of files just now, kept up to a number of bytes: slices come one after the other. */
export class RecentFiles<T extends { readonly bytes: Uint8Array }> {
  readonly #limit: number;
  /** The least recently used first. */
  readonly #kept = new Map<string, Entry<T>>();
  /** Of all that are kept. */
  #bytes = 0;

  constructor(limit = defaultBytes) {
    this.#limit = limit;
  }

  /**
   * What `open` makes of the file, which is asked once for those who want it at the same time. The last
   * one is kept however large it is.
   */
  async get(path: string, open: () => Promise<T>): Promise<T> {
    const entry = this.#kept.get(path) ?? { file: open(), size: 0 };
    this.#kept.delete(path);
    this.#kept.set(path, entry);
    try {
      const file = await entry.file;
      this.#weigh(path, entry, file.bytes.length);
      return file;
    } catch (error) {
      if (this.#kept.get(path) === entry) this.#kept.delete(path);
      throw error;
    }
  }

  #weigh(path: string, entry: Entry<T>, size: number): void {
    // It may have been dropped while it was read.
    if (this.#kept.get(path) !== entry) return;
    this.#bytes += size - entry.size;
    entry.size = size;
    for (const [other, { size: freed }] of this.#kept) {
      if (this.#bytes <= this.#limit || this.#kept.size === 1) return;
      this.#kept.delete(other);
      this.#bytes -= freed;
    }
  }
}
