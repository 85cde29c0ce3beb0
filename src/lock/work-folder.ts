import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { fingerprint, type Key } from '../key/key.ts';
import { parseConfig } from '../nn/config.ts';
import { randomBytes, sameBytes, sha256 } from '../platform/crypto.ts';
import {
  exists,
  join,
  makeFolder,
  readBytesIfAny,
  readJsonObject,
  removeAll,
  writeAtomic,
  writeJson,
} from '../platform/files.ts';
import { lockFolder, type FolderLock } from '../platform/folder-lock.ts';
import type { CheckpointStore } from '../train/fit.ts';

const hexadecimal = z.string().regex(/^(?:[0-9a-f]{2})+$/);

/** What a job in progress remembers of itself. */
const jobSchema = z.object({
  /** Hash of everything that decides its result, but the key. */
  job: hexadecimal,
  salt: hexadecimal,
  /** null for a job without a key. */
  fingerprint: hexadecimal.nullable(),
});
type JobFile = z.output<typeof jobSchema>;

const jobFile = 'job.json';

/**
 * Work in progress on `OUT` lies in `OUT.work`, which only its owner may enter: it holds images
 * edited with the key. It belongs to one process at a time, and to one key.
 */
export class WorkFolder {
  readonly path: string;
  /** Under which things of this job are named. */
  readonly salt: Uint8Array;
  readonly #lock: FolderLock;

  private constructor(path: string, salt: Uint8Array, lock: FolderLock) {
    this.path = path;
    this.salt = salt;
    this.#lock = lock;
  }

  /**
   * Opens the folder, or goes on in it.
   *
   * @param job what decides the result: another job's folder is not gone on with.
   * Throws `usage` when `out` is there already or another job's work is, `key` for another key
   * than the job began with, `busy` while another process is at it.
   */
  static async open(out: string, job: unknown, key?: Key): Promise<WorkFolder> {
    if (await exists(out)) {
      throw new ModelLockError(
        'usage',
        `${out} is there already; choose another --out or remove it`,
      );
    }
    const path = `${out}.work`;
    await makeFolder(path, 0o700);
    const lock = await lockFolder(path);
    try {
      const salt = await claim(path, sha256(JSON.stringify(job)), key);
      return new WorkFolder(path, salt, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Where a training keeps its checkpoints. */
  checkpoints(name: string): CheckpointStore {
    const where = join(this.path, `${name}.safetensors`);
    return {
      where,
      load: () => readBytesIfAny(where),
      save: (bytes) => writeAtomic(where, bytes),
    };
  }

  /** Ends the job: its work is removed, unless it is to be kept. */
  async close(options: { readonly remove: boolean }): Promise<void> {
    if (options.remove) await removeAll(this.path);
    await this.#lock.release();
  }
}

async function claim(path: string, job: string, key: Key | undefined): Promise<Uint8Array> {
  const file = join(path, jobFile);
  if (!(await exists(file))) {
    const salt = randomBytes(16);
    const print = key ? toHex(await fingerprint(key, salt)) : null;
    await writeJson(file, { job, salt: toHex(salt), fingerprint: print } satisfies JobFile);
    return salt;
  }
  const known = parseConfig(jobSchema, await readJsonObject(file), file);
  const salt = fromHex(known.salt);
  if (known.job !== job) {
    throw new ModelLockError(
      'usage',
      `${path} holds an unfinished job with other options; finish that one, or remove the folder`,
    );
  }
  const print = key ? await fingerprint(key, salt) : undefined;
  const same = print
    ? known.fingerprint !== null && sameBytes(print, fromHex(known.fingerprint))
    : known.fingerprint === null;
  if (!same) {
    throw new ModelLockError(
      'key',
      `the unfinished job in ${path} began with another key; give that one, or remove the folder`,
    );
  }
  return salt;
}

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
