import type { RgbImage } from '../tensor/image.ts';

/** 256 MiB: all of 20,000 pictures of 64x64, or 1,700 of 224x224. */
const defaultBytes = 256 * 2 ** 20;

/**
 * Pictures that are wanted again and again, kept up to a number of bytes and read anew beyond it.
 * Those that came first stay: where every epoch wants each picture once, dropping the oldest would
 * drop each one just before it is wanted.
 */
export class PictureMemory {
  readonly #kept = new Map<string, RgbImage>();
  #free: number;

  constructor(bytes = defaultBytes) {
    this.#free = bytes;
  }

  /** The picture of that name; callers share it and must not change it. */
  async get(name: string, read: () => Promise<RgbImage>): Promise<RgbImage> {
    const known = this.#kept.get(name);
    if (known) return known;
    const image = await read();
    if (image.data.length <= this.#free && !this.#kept.has(name)) {
      // A view may hold on to the whole file that it was read from.
      this.#kept.set(name, { ...image, data: image.data.slice() });
      this.#free -= image.data.length;
    }
    return image;
  }
}
