import { ModelLockError } from '../../base/error.ts';
import { fileSize, readRange } from '../../platform/files.ts';
import type { StoredTensor, StoredTensors } from '../stored-tensor.ts';
import type { TorchArchive } from './archive.ts';
import { isLegacy, openLegacyArchive } from './legacy-archive.ts';
import { stateDictOf, type Scalar } from './state-dict.ts';
import { storedTensor } from './strided.ts';
import { openZipArchive } from './zip-archive.ts';
import { isZip } from './zip.ts';

export interface TorchCheckpoint {
  readonly tensors: StoredTensors;
  /** Plain values that stand beside the weights, such as `epoch` and `global_step`. */
  readonly scalars: ReadonlyMap<string, Scalar>;
}

/**
 * The named tensors of what `torch.save` wrote, of any version since 0.1.10: a state_dict, or a
 * checkpoint that has one. Of the file, its pickle is read and nothing of it run.
 *
 * Throws `corrupt` for files that do not fit together, `unsupported` for those that ask to run
 * something and for dtypes there are no tensors of, `data` where there are no named tensors.
 */
export async function openTorchCheckpoint(path: string): Promise<TorchCheckpoint> {
  const archive = await openArchive(path);
  const { tensors, scalars } = stateDictOf(archive.value, path);
  const places = await archive.places(new Set([...tensors.values()].map(({ storage }) => storage)));
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const code = tensor.element.dtype ? 'corrupt' : 'unsupported';
    const fail = (what: string): never => {
      throw new ModelLockError(code, `${path}: tensor "${name}" ${what}`);
    };
    stored.set(name, storedTensor(tensor, places.get(tensor.storage.key)!, fail));
  }
  return { tensors: stored, scalars };
}

/** Whether a file that begins so is one of torch; it takes 16 bytes to tell. */
export function isTorchFile(beginning: Uint8Array): boolean {
  return isZip(beginning) || isLegacy(beginning);
}

async function openArchive(path: string): Promise<TorchArchive> {
  const size = await fileSize(path);
  const beginning = await readRange(path, 0, Math.min(size, 512));
  if (isZip(beginning)) return openZipArchive(path, size);
  if (isLegacy(beginning)) return openLegacyArchive(path, size);
  if (isTar(beginning)) {
    throw new ModelLockError(
      'unsupported',
      `${path} is in the tar format of torch before 0.1.10; load and save it with a newer one`,
    );
  }
  throw new ModelLockError('corrupt', `${path} is no torch file: it begins like none`);
}

/** A tar archive has its mark in the header of the first file. */
function isTar(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(257, 262)) === 'ustar';
}
