import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { resumable } from '../base/job.ts';
import { fromHex, hexadecimal, toHex } from '../base/hex.ts';
import { version } from '../base/version.ts';
import type { EditFolder } from '../editors/edit-folder.ts';
import { fingerprint, type Key } from '../key/key.ts';
import { parseConfig } from '../nn/config.ts';
import { randomBytes, sameBytes, sha256 } from '../platform/crypto.ts';
import {
  basename,
  dirname,
  exists,
  join,
  listFolder,
  makePrivateFolder,
  moveFolder,
  readJson,
  readJsonObject,
  removeAll,
  writeJson,
} from '../platform/files.ts';
import { lockFolder, type FolderLock } from '../platform/folder-lock.ts';
import { checkpointFile } from '../train/checkpoint-file.ts';
import type { CheckpointStore } from '../train/fit.ts';

const hex = z.string().regex(hexadecimal);

/** What a job in progress remembers of itself. */
const jobSchema = z.object({
  /** Hash of everything that decides its result, but the key. */
  job: hex,
  salt: hex,
  /** null for a job without a key. */
  fingerprint: hex.nullable(),
});
type JobFile = z.output<typeof jobSchema>;

const jobFile = 'job.json';
const resultFile = 'result.json';
const checkpointName = 'training.safetensors';

/** What is to become `OUT`, by the kind of job. */
const madeNames = ['bundle', 'pictures'] as const;

/** What a work folder of this program may hold, each perhaps with what follows in the name of a part. */
const ownNames = [jobFile, resultFile, checkpointName, 'edits', ...madeNames];

/**
 * Work in progress on `OUT` lies in `OUT.work`, which only its owner may enter: it holds images
 * edited with the key. It belongs to one process at a time, and to one job and one key.
 */
export class WorkFolder {
  readonly path: string;
  readonly #out: string;
  readonly #lock: FolderLock;
  #salt: Uint8Array | undefined;

  private constructor(out: string, path: string, lock: FolderLock) {
    this.#out = out;
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Opens the folder, or goes on in it.
   *
   * Throws `usage` when `out` is there already, or a folder of somebody else in the place of its
   * work; `busy` while another process is at work on it.
   */
  static async open(out: string): Promise<WorkFolder> {
    // A slash at its end would put the work into OUT itself.
    const name = join(dirname(out), basename(out));
    const path = `${name}.work`;
    await requireFree(name, path);
    await makePrivateFolder(path);
    const work = new WorkFolder(name, path, await lockFolder(path));
    try {
      await requireOwn(path);
      // Another process may have finished the same job just now.
      await requireFree(name, path);
      return work;
    } catch (error) {
      await work.#lock.release();
      throw error;
    }
  }

  /** What the job makes, if it is there, and its work: neither is data, wherever they lie. */
  async ownFolders(): Promise<string[]> {
    return (await exists(this.#out)) ? [this.path, this.#out] : [this.path];
  }

  /**
   * Makes the folder this job's. Returns the result of a job that was killed when all but the
   * removal of its work was done.
   *
   * @param job what decides the result: another job's folder is not gone on with.
   * Throws `usage` when another job's work is there, or an `OUT` that this one has not made; `key` for
   * another key than the job began with.
   */
  async claim<Result>(job: unknown, key?: Key): Promise<Result | undefined> {
    const hash = sha256(JSON.stringify({ version, job }));
    const file = join(this.path, jobFile);
    if (await exists(file)) {
      const known = parseConfig(jobSchema, await readJsonObject(file), file);
      if (known.job !== hash) throw await this.#otherJob();
      if (!(await isKeyOf(known, key))) throw this.#otherKey();
      this.#salt = fromHex(known.salt);
    } else {
      const salt = randomBytes(16);
      const print = key ? toHex(await fingerprint(key, salt)) : null;
      const content: JobFile = { job: hash, salt: toHex(salt), fingerprint: print };
      await writeJson(file, content);
      this.#salt = salt;
    }
    await requireFree(this.#out, this.path);
    const result = join(this.path, resultFile);
    if (await exists(this.#out)) return (await readJson(result)) as Result;
    // Of an end that is undone: it must not speak for an `OUT` of somebody else.
    await removeAll(result);
    return undefined;
  }

  /** Where the job's training keeps its checkpoints. */
  checkpoints(): CheckpointStore {
    return checkpointFile(join(this.path, checkpointName));
  }

  /** Where the job keeps its edits, once it is claimed. */
  edits(): EditFolder {
    return { path: join(this.path, 'edits'), salt: this.#salt! };
  }

  /** Where the job makes what is to become `OUT`. */
  made(name: (typeof madeNames)[number]): string {
    return join(this.path, name);
  }

  /** Gives what the job made its final name. Where that is taken, it stays here. */
  async publish(name: (typeof madeNames)[number], result: unknown): Promise<void> {
    await writeJson(join(this.path, resultFile), result);
    await moveFolder(this.made(name), this.#out);
  }

  /**
   * Ends the work on the folder. It is removed where nobody claimed it or the job is done, but for
   * work that is to be kept.
   */
  async close({ done = false, keep = false } = {}): Promise<void> {
    if (done && keep) await removeAll(join(this.path, resultFile));
    else if (done || !(await exists(join(this.path, jobFile)))) await this.#remove();
    await this.#lock.release();
  }

  /** What says that the job is done goes last, so that a killed removal is gone on with. */
  async #remove(): Promise<void> {
    for (const { name } of await listFolder(this.path)) {
      if (name !== resultFile) await removeAll(join(this.path, name));
    }
    await removeAll(this.path);
  }

  /** The job can never be done: its work is of no use. */
  async abandon(): Promise<void> {
    await removeAll(join(this.path, jobFile));
  }

  async #otherJob(): Promise<ModelLockError> {
    if (await exists(this.#out)) return taken(this.#out);
    return new ModelLockError(
      'usage',
      `${this.path} holds an unfinished job with other options or pictures; finish that one, or remove the folder`,
    );
  }

  #otherKey(): ModelLockError {
    return new ModelLockError(
      'key',
      `the unfinished job in ${this.path} began with another key; give that one, or remove the folder`,
    );
  }
}

/** What a job in a work folder takes. */
export interface WorkOptions<Result = unknown> {
  /** Folder to be made. */
  readonly out: string;
  /** Keeps the work folder, edited images included, when the job is done. */
  readonly keepWork?: boolean;
  /** Is given the result before the work is removed: of a job killed until then, it comes again. */
  readonly onResult?: (result: Result) => Promise<void>;
}

/** Does a job in its work folder, which stays where the job fails, so that it can go on. */
export async function inWorkFolder<Result>(
  { out, keepWork, onResult }: WorkOptions<Result>,
  job: (work: WorkFolder) => Promise<Result>,
): Promise<Result> {
  const work = await WorkFolder.open(out);
  let done = false;
  try {
    const result = await resumable(() => job(work));
    await onResult?.(result);
    done = true;
    return result;
  } finally {
    await work.close({ done, keep: keepWork });
  }
}

const taken = (out: string): ModelLockError =>
  new ModelLockError('usage', `${out} is there already; choose another --out or remove it`);

/** Throws `usage` for an `out` that the job in `work` has not made. */
async function requireFree(out: string, work: string): Promise<void> {
  if ((await exists(out)) && !(await isPublished(work))) throw taken(out);
}

/** Whether a job is done but for the removal of its work: what it made has left the folder. */
async function isPublished(work: string): Promise<boolean> {
  if (!(await exists(join(work, resultFile)))) return false;
  const left = await Promise.all(madeNames.map((name) => exists(join(work, name))));
  return !left.includes(true);
}

/** Throws `usage` for a folder with anything in it that no job made, for it will be removed. */
async function requireOwn(work: string): Promise<void> {
  const names = (await listFolder(work)).map(({ name }) => name);
  // Systems put hidden files anywhere.
  const visible = names.filter((name) => !name.startsWith('.'));
  const other = visible.find((name) => !ownNames.some((own) => isOrPartOf(name, own)));
  if (other === undefined) return;
  throw new ModelLockError(
    'usage',
    `${work} is not a work folder of this program, for it holds "${other}", and would be used as one; choose another --out`,
  );
}

const isOrPartOf = (name: string, own: string): boolean =>
  name === own || (name.startsWith(`${own}.`) && name.endsWith('.part'));

async function isKeyOf(job: JobFile, key: Key | undefined): Promise<boolean> {
  if (job.fingerprint === null) return key === undefined;
  const print = key && (await fingerprint(key, fromHex(job.salt)));
  return print !== undefined && sameBytes(print, fromHex(job.fingerprint));
}
