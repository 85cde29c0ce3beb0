import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
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
    await fill(bytes, file, 0, path, piece);
    return bytes;
  } finally {
    await file.close();
  }
}

/** So many bytes of a file from a place on. Throws the system's own errors, and `io` for a file that ends before. */
export async function readPart(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(length);
    await fill(bytes, file, offset, path);
    return bytes;
  } finally {
    await file.close();
  }
}

async function fill(
  bytes: Uint8Array,
  file: FileHandle,
  offset: number,
  path: string,
  piece = pieceBytes,
): Promise<void> {
  for (let place = 0; place < bytes.length;) {
    const length = Math.min(piece, bytes.length - place);
    const { bytesRead } = await file.read(bytes, place, length, offset + place);
    if (bytesRead === 0) {
      throw new ModelLockError('io', `${path} became shorter while it was read`);
    }
    place += bytesRead;
  }
}

/** SHA-256 of a file of any size, as 64 hexadecimal digits. Throws the system's own errors. */
export async function hashWhole(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
