import type { FilePlace } from '../stored-tensor.ts';
import type { TorchStorage } from './torch-host.ts';

/** A torch file of either format: what its pickle made, and where storages lie. */
export interface TorchArchive {
  readonly value: unknown;
  /** By their keys. Throws `corrupt` where the file has not all of a storage. */
  places(storages: Iterable<TorchStorage>): Promise<ReadonlyMap<string, FilePlace>>;
}

/** Pickles beyond it are hostile: those of the largest checkpoints have some megabytes. */
export const maxPickleBytes = 2 ** 27;
