import { fileSize, readRange } from '../platform/files.ts';
import { decodeHeader, foreignTensor, headerBytes } from './safetensors.ts';
import { storedAt } from './stored-views.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** A safetensors file of which only the header is read. */
export interface SafetensorsFile {
  readonly tensors: Map<string, StoredTensor>;
  /** What the header says beside its tensors. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Opens a safetensors file. Throws `corrupt`, naming the file and the tensor, for whatever does not
 * fit together. A tensor of a dtype that there are none of here throws `unsupported` when it is read.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const size = await fileSize(path);
  const length = headerBytes(await readRange(path, 0, Math.min(8, size)), size, path);
  const { entries, metadata } = decodeHeader(await readRange(path, 0, length), size, path);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, foreign, shape, start, end }] of entries) {
    const stored =
      foreign === undefined
        ? storedAt(dtype, shape, { path, offset: start, length: end - start })
        : { dtype, shape, read: () => Promise.reject(foreignTensor(name, foreign, path)) };
    tensors.set(name, stored);
  }
  return { tensors, metadata };
}
