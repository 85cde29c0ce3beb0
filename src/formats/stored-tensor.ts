import type { DType } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Bytes of a file. */
export interface FilePlace {
  readonly path: string;
  /** In bytes, from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
}

/** A tensor that lies in a file and has not been read. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Where its elements lie, little-endian and in row-major order; absent where no file has them like that. */
  readonly place?: FilePlace;
  /** Throws `unsupported` where a file has elements of a kind that there are no tensors of here. */
  read(): Promise<Tensor>;
}

/** Tensors by name. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;
