import { readRange } from '../../platform/files.ts';
import { arrayOf, bytesPerElement, type DType } from '../../tensor/dtype.ts';
import { sizeOf, tensor, type Tensor } from '../../tensor/tensor.ts';
import { tensorOf } from '../safetensors.ts';
import type { FilePlace, StoredTensor } from '../stored-tensor.ts';
import { storedAt } from '../stored-views.ts';
import type { TorchTensor } from './torch-host.ts';

/** A tensor that repeats elements may have more of them than its storage, but not more than this. */
const mostRepeated = 2 ** 20;

/**
 * A torch tensor as one that lies in a file. A row-major one has a place; others are put in order
 * when they are read.
 *
 * @param storage where the bytes of its storage lie, all of them in the file.
 * @param fail throws, naming file and tensor.
 */
export function storedTensor(
  { element, offset, shape, strides }: TorchTensor,
  storage: FilePlace,
  fail: (what: string) => never,
): StoredTensor {
  const { dtype, bytes } = element;
  if (!dtype) return fail(`has the unsupported dtype ${element.name}`);
  // Not the product: other axes of an empty tensor may be anything, and overflow.
  const size = shape.includes(0) ? 0 : sizeOf(shape);
  const held = Math.floor(storage.length / bytes);
  const last = offset + shape.reduce((sum, dim, axis) => sum + (dim - 1) * strides[axis], 0);
  if (size > 0 && last >= held) {
    return fail(`reaches to element ${last} of a storage of ${held}`);
  }
  if (size > Math.max(held, mostRepeated)) {
    return fail(`has ${size} elements, made of ${held}`);
  }
  if (isRowMajor(shape, strides)) {
    // An empty tensor's offset may lie anywhere.
    const start = size === 0 ? storage.offset : storage.offset + offset * bytes;
    return storedAt(dtype, shape, { path: storage.path, offset: start, length: size * bytes });
  }
  const span = {
    path: storage.path,
    offset: storage.offset + offset * bytes,
    length: (last - offset + 1) * bytes,
  };
  return { dtype, shape, read: () => readStrided(dtype, shape, strides, span) };
}

/** Whether elements follow each other; axes of one element, and empty tensors, may say what they like. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

async function readStrided(
  dtype: DType,
  shape: readonly number[],
  strides: readonly number[],
  span: FilePlace,
): Promise<Tensor> {
  const bytes = await readRange(span.path, span.offset, span.length);
  const { data: source } = tensorOf(dtype, [bytes.length / bytesPerElement(dtype)], bytes);
  const target = new arrayOf[dtype](sizeOf(shape));
  let place = 0;
  const copy = (axis: number, from: number): void => {
    if (axis === shape.length) {
      target[place++] = source[from];
      return;
    }
    for (let i = 0; i < shape[axis]; i++) copy(axis + 1, from + i * strides[axis]);
  };
  copy(0, 0);
  return tensor(dtype, shape, target);
}
