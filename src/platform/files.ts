import { randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { ModelLockError, messageOf, type ErrorCode } from '../base/error.ts';
import { hashWhole, readPart, readWhole } from './large-file.ts';

/** Files and folders, with every refusal of the system as one clear error. */

export { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';

const reasons: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['not-found', 'there is no such file or folder'],
  ENOTDIR: ['not-found', 'part of the path is no folder'],
  EEXIST: ['io', 'something of that name is there already'],
  ENOTEMPTY: ['io', 'a folder of that name is there already'],
  EISDIR: ['data', 'it is a folder'],
  EACCES: ['io', 'permission denied'],
  EPERM: ['io', 'permission denied'],
  EROFS: ['io', 'the file system is read-only'],
  ENOSPC: ['io', 'the disk is full'],
  EDQUOT: ['io', 'the disk quota is used up'],
  EFBIG: ['io', 'files may not become so large here'],
  EPIPE: ['io', 'nobody reads it any more'],
  ELOOP: ['data', 'it is a loop of links'],
  ENAMETOOLONG: ['usage', 'the name is too long'],
};

/** The error of a failed system call on `path`, in words. */
export function fileError(doing: string, path: string, error: unknown): ModelLockError {
  if (error instanceof ModelLockError) return error;
  const [code, reason] = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? [
    'io',
    messageOf(error),
  ];
  return new ModelLockError(code, `cannot ${doing} ${path}: ${reason}`, { cause: error });
}

async function attempt<T>(doing: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fileError(doing, path, error);
  }
}

/** Reads what `read` reads, unless it has no end: a hostile folder may have a link to /dev/zero. */
async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  return attempt('read', path, async () => {
    if ((await stat(path)).isCharacterDevice()) {
      throw new ModelLockError('data', `cannot read ${path}: it is a device`);
    }
    return read();
  });
}

export function readBytes(path: string): Promise<Uint8Array> {
  return reading(path, () => readWhole(path));
}

/** So many bytes of a file from a place on. */
export function readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
  return reading(path, () => readPart(path, offset, length));
}

/** In bytes. */
export async function fileSize(path: string): Promise<number> {
  const { size } = await reading(path, () => stat(path));
  return size;
}

/** Where a file lies when all links are followed. */
export function realPath(path: string): Promise<string> {
  return attempt('read', path, () => realpath(path));
}

/** SHA-256 of a file as 64 hexadecimal digits; it is never in memory whole. */
export function hashFile(path: string): Promise<string> {
  return reading(path, () => hashWhole(path));
}

/**
 * A text in UTF-8, or in UTF-16 with a byte order mark, which is left out. Throws `data` for another
 * encoding, whose letters would all become one.
 */
export function readText(path: string): Promise<string> {
  return reading(path, async () => {
    const bytes = await readFile(path);
    try {
      return decoded(bytes);
    } catch (cause) {
      throw new ModelLockError('data', `${path} is not UTF-8; save it as UTF-8`, { cause });
    }
  });
}

/** Throws `TypeError` for what is no text. */
function decoded(bytes: Uint8Array): string {
  const encoding = byteOrders.get((bytes.at(0) ?? 0) * 256 + (bytes.at(1) ?? 0)) ?? 'utf-8';
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

/** The encodings by the byte order mark that a text begins with. */
const byteOrders: ReadonlyMap<number, string> = new Map([
  [0xfffe, 'utf-16le'],
  [0xfeff, 'utf-16be'],
]);

/** Throws `corrupt` for what is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  const bytes = await readBytes(path);
  try {
    return parseJson(decoded(bytes));
  } catch (error) {
    throw new ModelLockError('corrupt', `${path} is not JSON: ${messageOf(error)}`);
  }
}

/** As `readJson`. Throws `corrupt` for JSON that is no object as well. */
export async function readJsonObject(path: string): Promise<Readonly<Record<string, unknown>>> {
  const json = await readJson(path);
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Readonly<Record<string, unknown>>;
  }
  throw new ModelLockError('corrupt', `${path} is no JSON object`);
}

/** JSON as Python writes it: numbers that JSON does not have become null. */
export function parseJson(text: string): unknown {
  let quoted = false;
  // Token by token: an expression for whole strings would take the square of a hostile text's length.
  const plain = text.replaceAll(/"|\\[^]|-?Infinity|NaN/g, (token) => {
    if (token === '"') quoted = !quoted;
    return quoted || token === '"' || token.startsWith('\\') ? token : 'null';
  });
  return JSON.parse(plain);
}

/** `undefined` where there is no such file. */
export async function readBytesIfAny(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readWhole(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Whether a path leads to something else than a file: a folder, a device, a pipe that may never end. */
export async function isOtherThanFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === false;
}

/** Bytes of a file; `undefined` where there is none, or only a link that leads nowhere. */
export async function fileSizeIfAny(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Bytes that may still be written in a folder; `undefined` where the system does not say. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  const found = await statfs(folder).catch(() => undefined);
  return found && found.bavail * found.bsize;
}

/** Creates a folder and those above it. `mode` is for the folder itself. */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  await attempt('create', path, () => makeFolders(resolve(path), mode));
}

/**
 * A folder that its owner alone may enter, whoever made it. Throws `io` for one that belongs to somebody
 * else, who could look into it all the same.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  const isThere = await exists(path);
  await makeFolder(path, 0o700);
  if (!isThere) return;
  await attempt('use', path, async () => {
    const { uid, mode } = await stat(path);
    const own = process.getuid?.();
    if (own === undefined) return; // A system whose permissions are other ones.
    if (uid !== own) {
      throw new ModelLockError('io', `cannot use ${path}: it belongs to another user`);
    }
    if ((mode & 0o077) !== 0) await chmod(path, 0o700);
  });
}

/**
 * As Node's own `recursive`, which fills the memory until the process is killed where a folder is
 * there and lets none be made in it: below /proc.
 */
async function makeFolders(path: string, mode: number): Promise<void> {
  if (await isFolder(path)) return;
  if (!(await exists(dirname(path)))) await makeFolders(dirname(path), 0o777);
  try {
    await mkdir(path, mode);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!(await isFolder(path))) throw error;
  }
}

/** What a folder has, links not followed: what is neither folder, file nor link is a pipe or device. */
interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isFile: boolean;
  readonly isLink: boolean;
}

/** Names in a folder by code point, which is the same on every machine. */
export async function listFolder(path: string): Promise<FolderEntry[]> {
  const entries = await attempt('read', path, () => readdir(path, { withFileTypes: true }));
  return entries
    .map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
      isFile: entry.isFile(),
      isLink: entry.isSymbolicLink(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Writes a file so that it is there whole or not at all, whenever the process or the machine dies:
 * under another name first, on disk, then renamed.
 *
 * @param mode who may read and write it, as far as the umask allows.
 */
export async function writeAtomic(
  path: string,
  data: Uint8Array | string | readonly Uint8Array[],
  mode = 0o666,
): Promise<void> {
  await withPart(path, data, mode, (part) => rename(part, path));
}

/** As `writeAtomic`, but a file that is there already stays as it is, whoever wrote it and how lately. */
export async function writeNew(path: string, data: Uint8Array | string): Promise<void> {
  if (await exists(path)) return;
  await withPart(path, data, 0o666, async (part) => {
    try {
      await link(part, path);
      await rm(part);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Systems without links, where of two processes the second would win.
      if (code === 'EPERM' || code === 'ENOSYS' || code === 'ENOTSUP') await rename(part, path);
      else if (code === 'EEXIST') await rm(part);
      else throw error;
    }
  });
}

/** Writes a file under another name, on disk, and then has it named. */
async function withPart(
  path: string,
  data: Uint8Array | string | readonly Uint8Array[],
  mode: number,
  name: (part: string) => Promise<void>,
): Promise<void> {
  const part = partName(path);
  await attempt('write', path, async () => {
    try {
      const file = await open(part, 'wx', mode);
      try {
        await writeFile(file, data);
        await file.sync();
      } finally {
        await file.close();
      }
      await name(part);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  });
}

/** A name for what is not whole yet. */
export const partName = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.part`;

export function writeJson(path: string, value: unknown): Promise<void> {
  return writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

export async function removeAll(path: string): Promise<void> {
  await attempt('remove', path, () => rm(path, { recursive: true, force: true }));
}

/** Gives a finished folder its final name. Throws `io` when that name is taken. */
export async function moveFolder(from: string, to: string): Promise<void> {
  await makeFolder(dirname(resolve(to)));
  await attempt('create', to, () => rename(from, to));
}

/**
 * Makes a file appear under a second name, by a relative link, so that the folder of both may be
 * moved; as a copy where the system allows no links. What had the name is replaced.
 */
export async function linkFile(file: string, name: string): Promise<void> {
  await makeFolder(dirname(name));
  await attempt('create', name, async () => {
    await rm(name, { force: true });
    try {
      await symlink(relative(dirname(resolve(name)), resolve(file)), name);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Another process may have made the same link meanwhile.
      if (code === 'EEXIST') return;
      if (code !== 'EPERM' && code !== 'ENOSYS') throw error;
      const part = partName(name);
      await copyFile(file, part);
      await rename(part, name);
    }
  });
}

/** A relative path that was written on whatever system, with slashes: others have backslashes. */
export const ofAnySystem = (name: string): string =>
  name.includes('/') ? name : name.replaceAll('\\', '/');

/** `name` below `folder`. Throws `corrupt` for names that lead out of it. */
export function pathWithin(folder: string, name: string): string {
  const path = resolve(folder, name);
  const inside = relative(resolve(folder), path);
  if (isAbsolute(name) || inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
    throw new ModelLockError('corrupt', `"${name}" leads out of ${folder}`);
  }
  return join(folder, inside);
}
