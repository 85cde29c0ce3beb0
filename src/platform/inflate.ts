import { promisify } from 'node:util';
import { constants, gunzip, inflate as zlibInflate, inflateRaw, inflateRawSync } from 'node:zlib';
import { ModelLockError, messageOf } from '../base/error.ts';
import { bytesOf } from './bytes.ts';

const inflaters = {
  zlib: promisify(zlibInflate),
  gzip: promisify(gunzip),
  raw: promisify(inflateRaw),
} as const;

/** How deflated bytes are wrapped: as in PNG, as in .gz files, or not at all. */
export type Wrapping = keyof typeof inflaters;

/**
 * Inflates at most `limit` bytes: a small file may hold very many. Throws `corrupt`, naming
 * `where`, for more and for what is no such stream.
 */
export async function inflate(
  bytes: Uint8Array,
  wrapping: Wrapping,
  limit: number,
  where: string,
): Promise<Uint8Array> {
  try {
    return bytesOf(await inflaters[wrapping](bytes, { maxOutputLength: Math.max(1, limit) }));
  } catch (error) {
    throw refusal(error, limit, where);
  }
}

/** What the first bytes of a stream hold: enough for a header that tells how much is to come. */
export async function inflateStart(
  bytes: Uint8Array,
  wrapping: Wrapping,
  limit: number,
  where: string,
): Promise<Uint8Array> {
  try {
    const flush = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: limit };
    return bytesOf(await inflaters[wrapping](bytes, flush));
  } catch (error) {
    throw refusal(error, limit, where);
  }
}

/** As `inflate` without wrapping, for parsers that cannot wait. */
export function inflateRawNow(bytes: Uint8Array, limit: number, where: string): Uint8Array {
  try {
    return bytesOf(inflateRawSync(bytes, { maxOutputLength: limit }));
  } catch (error) {
    throw refusal(error, limit, where);
  }
}

function refusal(error: unknown, limit: number, where: string): ModelLockError {
  const tooMuch = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
  const problem = tooMuch ? `more than ${limit} bytes come of it` : messageOf(error);
  return new ModelLockError('corrupt', `${where} cannot be inflated: ${problem}`, { cause: error });
}
