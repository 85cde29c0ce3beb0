import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '../base/job.ts';
import { fileError } from './files.ts';

/** How a file is hashed: the bytes of `prefix`, then its own. */
export interface FileHash {
  readonly algorithm: 'sha256' | 'sha1';
  readonly prefix: string;
}

const pieceBytes = 2 ** 20;

/**
 * A file that grows piece by piece, is hashed as it does, and gets its final name when it is whole.
 * What an earlier process wrote of it is gone on with. Throws the errors of files.
 */
export class PartialFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #kind: FileHash;
  #hash: Hash;
  #size = 0;

  private constructor(path: string, file: FileHandle, kind: FileHash) {
    this.#path = path;
    this.#file = file;
    this.#kind = kind;
    this.#hash = newHash(kind);
  }

  /** Opens or creates it, and hashes what is there. */
  static async open(path: string, kind: FileHash, signal?: AbortSignal): Promise<PartialFile> {
    const flags = constants.O_RDWR | constants.O_CREAT;
    const handle = await open(path, flags, 0o666).catch((error: unknown) => {
      throw fileError('write', path, error);
    });
    const file = new PartialFile(path, handle, kind);
    try {
      await file.#readAll(signal);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes it has. */
  get size(): number {
    return this.#size;
  }

  async append(piece: Uint8Array): Promise<void> {
    await this.#attempt(async () => {
      for (let place = 0; place < piece.length;) {
        const rest = piece.subarray(place);
        const { bytesWritten } = await this.#file.write(rest, 0, rest.length, this.#size);
        this.#hash.update(rest.subarray(0, bytesWritten));
        this.#size += bytesWritten;
        place += bytesWritten;
      }
    });
  }

  /** Empties it. */
  async restart(): Promise<void> {
    await this.#attempt(() => this.#file.truncate(0));
    this.#hash = newHash(this.#kind);
    this.#size = 0;
  }

  /** The hash of what it has, in hexadecimal digits. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Gives it its final name, once it is on disk. */
  async publish(path: string): Promise<void> {
    await this.#attempt(async () => {
      await this.#file.sync();
      await rename(this.#path, path);
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #readAll(signal: AbortSignal | undefined): Promise<void> {
    const piece = new Uint8Array(pieceBytes);
    for (;;) {
      throwIfAborted(signal);
      const { bytesRead } = await this.#attempt(() =>
        this.#file.read(piece, 0, piece.length, this.#size),
      );
      if (bytesRead === 0) return;
      this.#hash.update(piece.subarray(0, bytesRead));
      this.#size += bytesRead;
    }
  }

  async #attempt<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw fileError('write', this.#path, error);
    }
  }
}

const newHash = ({ algorithm, prefix }: FileHash): Hash => createHash(algorithm).update(prefix);
