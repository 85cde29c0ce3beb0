import { toHex } from '../base/hex.ts';
import { throwIfAborted, type JobOptions } from '../base/job.ts';
import { keyedName, type Key } from '../key/key.ts';
import { hmacSha256 } from '../platform/crypto.ts';
import { exists, join, makeFolder, readBytes, writeAtomic } from '../platform/files.ts';
import { Buckets } from './buckets.ts';
import type { EditFolder } from './edit-folder.ts';
import type { EditOptions, Editor } from './editor.ts';

/** One sample to be edited: a name for its content, and the sample itself when it is needed. */
export interface CachedSample<Sample> {
  /** Hash of the sample's content. */
  readonly content: string;
  read(): Promise<Sample>;
}

/** A sample to be edited, and where its edit will lie. */
interface Missing<Sample> {
  readonly sample: Sample;
  readonly key: Key;
  readonly path: string;
}

/** Batches that may wait until they are full: pictures of a set may have many shapes. */
const waitingBatches = 8;

/**
 * Edited samples on disk, one file each, named by a keyed hash of what decides the edit: content,
 * key, editor and options. So a killed job goes on where it was, several processes may fill one
 * cache, and a name tells nothing to those who lack the salt. Edits are kept at full strength.
 */
export class EditCache<Sample> {
  readonly #edits: EditFolder;
  readonly #editor: Editor<Sample>;
  readonly #options: EditOptions;

  constructor(edits: EditFolder, editor: Editor<Sample>, options: EditOptions) {
    this.#edits = edits;
    this.#editor = editor;
    this.#options = { ...options, alpha: 1 };
  }

  /** Where the edit of a sample lies, or will lie. */
  pathOf(content: string, key: Key): string {
    const { path, salt } = this.#edits;
    const { steps, guidance, imageGuidance, size, seed, strength } = this.#options;
    const name = toHex(
      hmacSha256(
        salt,
        content,
        keyedName(key, salt),
        this.#editor.identity.hash,
        // Editors without a strength leave it out, also here.
        JSON.stringify({ steps, guidance, imageGuidance, size, seed, strength }),
      ),
    );
    return join(path, name.slice(0, 2), name.slice(2, 34));
  }

  /** Edits what is missing. Holds no more than a few batches at once, however many samples there are. */
  async fill(
    samples: readonly { readonly sample: CachedSample<Sample>; readonly key: Key }[],
    { signal, onProgress, stage = 'edit' }: JobOptions & { readonly stage?: string } = {},
  ): Promise<void> {
    const total = samples.length;
    const { batch } = this.#options;
    const buckets = new Buckets<Missing<Sample>>(waitingBatches);
    let [done, told] = [0, 0];
    const tell = (): void => {
      if (done > told) onProgress?.({ stage, done, total, unit: 'images' });
      told = done;
    };
    const edit = async (some: readonly Missing<Sample>[]): Promise<void> => {
      throwIfAborted(signal);
      await this.#edit(some, signal);
      done += some.length;
      tell();
    };
    let missing: Missing<CachedSample<Sample>>[] = [];
    for (const [i, { sample, key }] of samples.entries()) {
      throwIfAborted(signal);
      const path = this.pathOf(sample.content, key);
      if (await exists(path)) {
        done += 1;
        if (done % batch === 0) tell();
      } else {
        missing.push({ sample, key, path });
      }
      if (missing.length < batch && i + 1 < total) continue;
      for (const prepared of await this.#prepare(missing)) {
        const batches = buckets.add(prepared, this.#editor.batchOf(prepared.sample, this.#options));
        for (const full of batches) await edit(full);
      }
      missing = [];
    }
    for (const rest of buckets.drain()) await edit(rest);
    tell();
  }

  /** As soon as they are read: a photograph may be a hundred times as large as what is edited. */
  #prepare(missing: readonly Missing<CachedSample<Sample>>[]): Promise<Missing<Sample>[]> {
    return Promise.all(
      missing.map(async ({ sample, ...rest }) => ({
        ...rest,
        sample: this.#editor.prepare(await sample.read(), this.#options),
      })),
    );
  }

  async #edit(
    prepared: readonly Missing<Sample>[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const samples = prepared.map(({ sample }) => sample);
    const keys = prepared.map(({ key }) => key);
    const edited = await this.#editor.edit(samples, keys, this.#options, { signal });
    // On a full disk one fails first; the others still have to remove what they began.
    const written = await Promise.allSettled(
      edited.map((sample, i) => this.#write(prepared[i].path, sample)),
    );
    for (const result of written) if (result.status === 'rejected') throw result.reason;
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
