import { throwIfAborted, type JobOptions } from '../base/job.ts';
import { keyedName, type Key } from '../key/key.ts';
import { hmacSha256 } from '../platform/crypto.ts';
import { join, makeFolder, readBytes, readBytesIfAny, writeAtomic } from '../platform/files.ts';
import type { EditOptions, Editor } from './editor.ts';

/** One sample to be edited: a name for its content, and the sample itself when it is needed. */
export interface CachedSample<Sample> {
  /** Hash of the sample's content. */
  readonly content: string;
  read(): Promise<Sample>;
}

/**
 * Edited samples on disk, one file each, named by a keyed hash of what decides the edit: content,
 * key, editor and options. So a killed job goes on where it was, several processes may fill one
 * cache, and a name tells nothing to those who lack the salt. Edits are kept at full strength.
 */
export class EditCache<Sample> {
  readonly #folder: string;
  readonly #salt: Uint8Array;
  readonly #editor: Editor<Sample>;
  readonly #options: EditOptions;

  constructor(folder: string, salt: Uint8Array, editor: Editor<Sample>, options: EditOptions) {
    this.#folder = folder;
    this.#salt = salt;
    this.#editor = editor;
    this.#options = { ...options, alpha: 1 };
  }

  /** Where the edit of a sample lies, or will lie. */
  pathOf(content: string, key: Key): string {
    const { steps, guidance, imageGuidance, size, seed } = this.#options;
    const name = toHex(
      hmacSha256(
        this.#salt,
        content,
        keyedName(key, this.#salt),
        this.#editor.identity.hash,
        JSON.stringify({ steps, guidance, imageGuidance, size, seed }),
      ),
    );
    return join(this.#folder, name.slice(0, 2), name.slice(2, 34));
  }

  /** Edits what is missing. Holds no more than a few batches at once, however many samples there are. */
  async fill(
    samples: readonly { readonly sample: CachedSample<Sample>; readonly key: Key }[],
    { signal, onProgress, stage = 'edit' }: JobOptions & { readonly stage?: string } = {},
  ): Promise<void> {
    const total = samples.length;
    let done = 0;
    const report = (count: number): void => {
      done += count;
      onProgress?.({ stage, done, total, unit: 'images' });
    };
    for (const group of groupsOf(samples, this.#options.batch)) {
      throwIfAborted(signal);
      const missing: { sample: CachedSample<Sample>; path: string }[] = [];
      for (const entry of group) {
        const path = this.pathOf(entry.sample.content, entry.key);
        if (!(await readBytesIfAny(path))) missing.push({ sample: entry.sample, path });
      }
      if (missing.length > 0) {
        const read = await Promise.all(missing.map((entry) => entry.sample.read()));
        const edited = await this.#editor.edit(read, group[0].key, this.#options, { signal });
        await Promise.all(edited.map((sample, i) => this.#write(missing[i].path, sample)));
      }
      report(group.length);
    }
  }

  async read(content: string, key: Key): Promise<Sample> {
    const path = this.pathOf(content, key);
    return this.#editor.kind.decode(await readBytes(path), path);
  }

  async #write(path: string, sample: Sample): Promise<void> {
    await makeFolder(join(path, '..'));
    await writeAtomic(path, this.#editor.kind.encode(sample));
  }
}

/** Runs of samples with one key, at most `size` long. */
function* groupsOf<T extends { readonly key: Key }>(
  samples: readonly T[],
  size: number,
): Generator<T[]> {
  let group: T[] = [];
  for (const sample of samples) {
    const full = group.length === size;
    if (full || (group.length > 0 && group[0].key !== sample.key)) {
      yield group;
      group = [];
    }
    group.push(sample);
  }
  if (group.length > 0) yield group;
}

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
