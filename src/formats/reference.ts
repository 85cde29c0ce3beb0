import { ModelLockError } from '../base/error.ts';
import { assetPath } from '../platform/assets.ts';
import { sha256 } from '../platform/crypto.ts';
import {
  basename,
  exists,
  hashFile,
  isFolder,
  join,
  listFolder,
  resolve,
} from '../platform/files.ts';

/** Something that ships inside: what it is a reference to. */
export type Shipped = 'backbone' | 'editor';

/** A model or an editor found on disk. */
export interface Resolved {
  /** As the user wrote it. */
  readonly reference: string;
  readonly name: string;
  readonly folder: string;
}

/**
 * The folder of a reference: a path, or `pocket` for what ships with the program.
 * Throws `not-found`, or `unsupported` for the hub.
 */
export async function resolveReference(reference: string, shipped: Shipped): Promise<Resolved> {
  if (reference === 'pocket') {
    return { reference, name: `pocket-${shipped}`, folder: assetPath(`pocket-${shipped}`) };
  }
  if (reference.startsWith('hf:')) {
    throw new ModelLockError(
      'unsupported',
      `${reference}: downloads from the hub are not supported yet; download the folder and give its path`,
    );
  }
  if (await isFolder(reference)) {
    return { reference, name: basename(resolve(reference)), folder: reference };
  }
  const what = (await exists(reference)) ? 'is a file, not a folder' : 'does not exist';
  throw new ModelLockError('not-found', `the ${shipped} ${reference} ${what}`, {
    valid: ['pocket', 'a folder with config.json and model.safetensors'],
  });
}

/** SHA-256 over the names and contents of a folder's files, in the order of their names. */
export async function hashFolder(folder: string, ignore: readonly string[] = []): Promise<string> {
  const parts: string[] = [];
  for (const entry of await listFolder(folder)) {
    if (entry.name.startsWith('.') || ignore.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    parts.push(entry.name, entry.isFolder ? await hashFolder(path, ignore) : await hashFile(path));
  }
  return sha256(JSON.stringify(parts));
}
