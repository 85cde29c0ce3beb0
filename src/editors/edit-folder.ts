import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { fromHex, hexadecimal, toHex } from '../base/hex.ts';
import { parseConfig } from '../nn/config.ts';
import { randomBytes } from '../platform/crypto.ts';
import {
  exists,
  join,
  listFolder,
  makePrivateFolder,
  readJsonObject,
  writeNew,
} from '../platform/files.ts';

/** A folder of edits, and under what they are named there. */
export interface EditFolder {
  readonly path: string;
  /** Who does not have it cannot test guesses of a key by the names. */
  readonly salt: Uint8Array;
}

/** What jobs that edit pictures may be told to keep of them. */
export interface EditKeeping {
  /**
   * A folder for edited pictures, made where there is none. What lies in it is not edited again: an
   * interrupted job goes on, and other jobs with the same pictures and key are done sooner, several at a
   * time if need be. It stays when they are done, and is as private as the key.
   */
  readonly edits?: string | undefined;
}

const saltFile = 'edits.json';
const saltSchema = z.object({ salt: z.string().regex(hexadecimal) });

/**
 * A folder of edits that outlives a job. The salt lies in it; of two processes that make it at once, both
 * go on with one.
 *
 * Throws `usage` for a folder with anything else in it, `io` for somebody else's.
 */
export async function openEditFolder(path: string): Promise<EditFolder> {
  const file = join(path, saltFile);
  // Before anything about it is changed.
  if (!(await exists(file))) await requireEmpty(path);
  await makePrivateFolder(path);
  await writeNew(file, `${JSON.stringify({ salt: toHex(randomBytes(16)) })}\n`);
  const { salt } = parseConfig(saltSchema, await readJsonObject(file), file);
  return { path, salt: fromHex(salt) };
}

async function requireEmpty(path: string): Promise<void> {
  const names = (await exists(path)) ? (await listFolder(path)).map(({ name }) => name) : [];
  // Systems put hidden files anywhere, and another process may be making the same folder.
  const other = names.find((name) => !name.startsWith('.') && !name.startsWith(saltFile));
  if (other === undefined) return;
  throw new ModelLockError(
    'usage',
    `${path} is no folder of edits, for it holds "${other}"; choose another for --edits`,
  );
}
