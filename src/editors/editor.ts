import type { JobOptions } from '../base/job.ts';
import type { Key } from '../key/key.ts';
import type { SampleKind } from './sample.ts';

/** Which editor it is. Two editors with one hash edit alike; a manifest keeps all of it. */
export interface EditorIdentity {
  /** Where it was found. */
  readonly reference: string;
  readonly name: string;
  /** null where the editor's folder does not say. */
  readonly version: string | null;
  /**
   * SHA-256 of everything that the edit depends on: configurations, weights and, but for style keys,
   * the kind of key.
   */
  readonly hash: string;
}

/** How a sample is edited, all but the key. */
export interface EditOptions {
  /** Denoising steps. */
  readonly steps: number;
  /** Text guidance; 1 is none. */
  readonly guidance: number;
  /** Image guidance; below 1 all guidance is off. */
  readonly imageGuidance: number;
  /** Length of the image's short side while it is edited, in pixels; null: as it comes. */
  readonly size: number | null;
  /** Strength of the edit in [0, 1]: locked = (1 - alpha) image + alpha edited. */
  readonly alpha: number;
  /** Seed of the noise of keys without a secret. */
  readonly seed: number;
  /**
   * How much of the way from noise to a picture is gone, in (0, 1], for editors that begin with the
   * picture under noise; the others have no such option.
   */
  readonly strength?: number | undefined;
  /** Most samples edited at once. Smaller ones, as larger samples allow, are the editor's choice. */
  readonly batch: number;
}

/** Samples that may be edited in one batch, and how many make a full one. */
export interface EditBatch {
  /** Samples with the same name of shape fit into one batch. */
  readonly shape: string;
  /** Every batch of this shape is filled up to this size, so that neighbours never matter. */
  readonly size: number;
}

/**
 * Turns samples into edited ones under a key: the one interface of all editors.
 *
 * The edit of a sample depends on its content, the key and the options alone, byte for byte: not on
 * its place in a batch, nor on the other samples.
 */
export interface Editor<Sample> {
  readonly identity: EditorIdentity;
  readonly kind: SampleKind<Sample>;
  readonly defaults: EditOptions;
  /** The options, those left out being the defaults. Throws `usage` for one out of range. */
  settingsOf(options?: Partial<EditOptions>): EditOptions;
  /** How the sample would be batched. */
  batchOf(sample: Sample, options: EditOptions): EditBatch;
  /** The sample as it is edited, which is also the edit of strength 0: at the edit size. */
  prepare(sample: Sample, options: EditOptions): Sample;
  /**
   * The edited samples, in order. Options left out are the defaults.
   *
   * @param keys one for all samples, or one for each.
   * @throws ModelLockError `usage` for options out of range, `key` for a prompt too long.
   */
  edit(
    samples: readonly Sample[],
    keys: Key | readonly Key[],
    options?: Partial<EditOptions>,
    job?: JobOptions,
  ): Promise<Sample[]>;
  /** Gives back memory outside JavaScript's heap. The editor can be used again afterwards. */
  dispose(): Promise<void>;
}

/** The key of the i-th sample. */
export function keyOf(keys: Key | readonly Key[], i: number): Key {
  return isOneForEach(keys) ? keys[i] : keys;
}

// `Array.isArray` does not narrow readonly arrays.
const isOneForEach = (keys: Key | readonly Key[]): keys is readonly Key[] => Array.isArray(keys);
