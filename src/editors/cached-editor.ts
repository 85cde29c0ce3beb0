import type { JobOptions } from '../base/job.ts';
import type { Key } from '../key/key.ts';
import { sha256 } from '../platform/crypto.ts';
import { EditCache } from './cache.ts';
import type { EditFolder } from './edit-folder.ts';
import {
  keyOf,
  type EditBatch,
  type EditOptions,
  type Editor,
  type EditorIdentity,
} from './editor.ts';
import type { SampleKind } from './sample.ts';

/** An editor that looks every edit up in a cache first. It gives the same bytes as without one. */
export class CachedEditor<Sample> implements Editor<Sample> {
  readonly identity: EditorIdentity;
  readonly kind: SampleKind<Sample>;
  readonly defaults: EditOptions;
  readonly #editor: Editor<Sample>;
  readonly #edits: EditFolder;

  constructor(editor: Editor<Sample>, edits: EditFolder) {
    this.identity = editor.identity;
    this.kind = editor.kind;
    this.defaults = editor.defaults;
    this.#editor = editor;
    this.#edits = edits;
  }

  settingsOf(options?: Partial<EditOptions>): EditOptions {
    return this.#editor.settingsOf(options);
  }

  batchOf(sample: Sample, options: EditOptions): EditBatch {
    return this.#editor.batchOf(sample, options);
  }

  prepare(sample: Sample, options: EditOptions): Sample {
    return this.#editor.prepare(sample, options);
  }

  async edit(
    samples: readonly Sample[],
    keys: Key | readonly Key[],
    options: Partial<EditOptions> = {},
    job: JobOptions = {},
  ): Promise<Sample[]> {
    const settings = this.settingsOf(options);
    const cache = new EditCache(this.#edits, this.#editor, settings);
    const entries = samples.map((sample, i) => ({
      sample: { content: sha256(this.kind.encode(sample)), read: () => Promise.resolve(sample) },
      key: keyOf(keys, i),
    }));
    await cache.fill(entries, job);
    return Promise.all(
      entries.map(async (entry, i) =>
        this.kind.mix(
          this.prepare(samples[i], settings),
          await cache.read(entry.sample.content, entry.key),
          settings.alpha,
        ),
      ),
    );
  }

  dispose(): Promise<void> {
    return this.#editor.dispose();
  }
}
