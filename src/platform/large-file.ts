import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { ModelLockError } from '../base/error.ts';
import { bytesOf } from './bytes.ts';

/** Node refuses to read more than 2 GiB at once, and checkpoints may be larger. */
const pieceBytes = 2 ** 30;

/** A file's bytes. Throws the system's own errors, and `unsupported` beyond 4 GiB. */
export async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return bytesOf(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_FS_FILE_TOO_LARGE') throw error;
    return readInPieces(path, pieceBytes);
  }
}

/** As `readWhole`, so many bytes at a time. */
export async function readInPieces(path: string, piece: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > constants.MAX_LENGTH) {
      throw new ModelLockError(
        'unsupported',
        `${path} has ${size} bytes; files of more than ${constants.MAX_LENGTH} cannot be read`,
      );
    }
    const bytes = new Uint8Array(size);
    for (let place = 0; place < size;) {
      const length = Math.min(piece, size - place);
      const { bytesRead } = await file.read(bytes, place, length, place);
      if (bytesRead === 0) {
        throw new ModelLockError('io', `${path} became shorter while it was read`);
      }
      place += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** SHA-256 of a file of any size, as 64 hexadecimal digits. Throws the system's own errors. */
export async function hashWhole(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
