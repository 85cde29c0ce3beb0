/** 512 MiB: some twenty volumes of a brain. */
const defaultBytes = 512 * 2 ** 20;

/** What was made of files just now, kept up to a number of bytes: slices come one after the other. */
export class RecentFiles<T extends { readonly bytes: Uint8Array }> {
  readonly #limit: number;
  /** The least recently used first. */
  readonly #kept = new Map<string, { readonly file: Promise<T>; size: number }>();

  constructor(limit = defaultBytes) {
    this.#limit = limit;
  }

  /** What `open` makes of the file, which is asked once for those who want it at the same time. */
  async get(path: string, open: () => Promise<T>): Promise<T> {
    const entry = this.#kept.get(path) ?? { file: open(), size: 0 };
    this.#kept.delete(path);
    this.#kept.set(path, entry);
    try {
      const file = await entry.file;
      entry.size = file.bytes.length;
      this.#shrink();
      return file;
    } catch (error) {
      this.#kept.delete(path);
      throw error;
    }
  }

  #shrink(): void {
    let total = [...this.#kept.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [path, { size }] of this.#kept) {
      if (total <= this.#limit) return;
      this.#kept.delete(path);
      total -= size;
    }
  }
}
