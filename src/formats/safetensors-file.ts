import { fileSize, readRange } from '../platform/files.ts';
import { decodeHeader, headerBytes, tensorOf } from './safetensors.ts';
import type { StoredTensor } from './stored-tensor.ts';

/**
 * The tensors of a safetensors file, of which only the header is read. Throws `corrupt`, naming the
 * file and the tensor, for whatever does not fit together.
 */
export async function openSafetensors(path: string): Promise<Map<string, StoredTensor>> {
  const size = await fileSize(path);
  const length = headerBytes(await readRange(path, 0, Math.min(8, size)), size, path);
  const { entries } = decodeHeader(await readRange(path, 0, length), size, path);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, start, end }] of entries) {
    const place = { path, offset: start, length: end - start };
    tensors.set(name, {
      dtype,
      shape,
      place,
      read: async () => tensorOf(dtype, shape, await readRange(path, start, end - start)),
    });
  }
  return tensors;
}

/** What the header of a safetensors file says beside its tensors. Throws as `openSafetensors` does. */
export async function safetensorsMetadata(path: string): Promise<Readonly<Record<string, string>>> {
  const size = await fileSize(path);
  const length = headerBytes(await readRange(path, 0, Math.min(8, size)), size, path);
  return decodeHeader(await readRange(path, 0, length), size, path).metadata;
}
