import { ModelLockError } from '../base/error.ts';
import { readRange } from '../platform/files.ts';
import { arrayOf, bytesPerElement, type DataOf, type DType } from '../tensor/dtype.ts';
import { sizeOf, tensor, type Tensor } from '../tensor/tensor.ts';
import { tensorOf } from './safetensors.ts';
import type { FilePlace, StoredTensor } from './stored-tensor.ts';

/** Stored tensors of places and of each other; nothing is read to make them. */

/** The tensor whose elements lie at a place. */
export function storedAt(
  dtype: DType,
  shape: readonly number[],
  place: FilePlace,
): StoredTensor & { readonly place: FilePlace } {
  const { path, offset, length } = place;
  const read = async (): Promise<Tensor> =>
    tensorOf(dtype, shape, await readRange(path, offset, length));
  return { dtype, shape, place, read };
}

/** The same elements in another shape, [..] to `shape`. Throws `shape` where their number differs. */
export function reshaped(stored: StoredTensor, shape: readonly number[]): StoredTensor {
  if (sizeOf(shape) !== sizeOf(stored.shape)) {
    throw new ModelLockError(
      'shape',
      `a tensor of shape [${stored.shape.join(', ')}] does not fill shape [${shape.join(', ')}]`,
    );
  }
  const read = async (): Promise<Tensor> => ({ ...(await stored.read()), shape });
  return { ...stored, shape, read };
}

/** Entries `start` to `end` of the first axis. They follow each other, so they keep a place. */
export function rowsOf(stored: StoredTensor, start: number, end: number): StoredTensor {
  const { dtype, place } = stored;
  const shape = [end - start, ...stored.shape.slice(1)];
  const rowSize = sizeOf(shape.slice(1));
  if (place) {
    const rowBytes = rowSize * bytesPerElement(dtype);
    return storedAt(dtype, shape, {
      path: place.path,
      offset: place.offset + start * rowBytes,
      length: (end - start) * rowBytes,
    });
  }
  const read = async (): Promise<Tensor> => {
    const { data } = await stored.read();
    const rows = data.subarray(start * rowSize, end * rowSize) as DataOf<DType>;
    return tensor(dtype, shape, rows);
  };
  return { dtype, shape, read };
}

/** [M, N] to [N, M]: in another order than in the file, so without a place. */
export function transposed(stored: StoredTensor): StoredTensor {
  const { dtype } = stored;
  const [rows, columns] = stored.shape;
  return {
    dtype,
    shape: [columns, rows],
    read: async () => {
      const { data: source } = await stored.read();
      const target = new arrayOf[dtype](source.length);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) target[j * rows + i] = source[i * columns + j];
      }
      return tensor(dtype, [columns, rows], target);
    },
  };
}
