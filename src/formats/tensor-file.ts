import { fileSize, readRange } from '../platform/files.ts';
import { openSafetensors } from './safetensors-file.ts';
import { isTorchFile, openTorchCheckpoint, type TorchCheckpoint } from './torch/open.ts';

/** Tensors, and the plain values that stand beside them: of safetensors, the metadata of the header. */
export type TensorFile = TorchCheckpoint;

/** So much of a file tells its format. */
const beginningBytes = 16;

/**
 * The tensors of a safetensors or a torch file, by what it is and not by its name, for files with
 * the ending of the other kind are about. Throws `corrupt`, naming the file, for any other.
 */
export async function openTensorFile(path: string): Promise<TensorFile> {
  const size = await fileSize(path);
  const beginning = await readRange(path, 0, Math.min(beginningBytes, size));
  if (isTorchFile(beginning)) return openTorchCheckpoint(path);
  const { tensors, metadata } = await openSafetensors(path);
  return { tensors, scalars: new Map(Object.entries(metadata)) };
}
