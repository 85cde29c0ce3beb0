import { open } from 'node:fs/promises';
import { encodeHeader } from '../../../formats/safetensors.ts';
import { sizeOf } from '../../../tensor/tensor.ts';

/** Names of tensors with their shapes, such as `64x3x3`; empty for a scalar. */
export type ShapesByName = Readonly<Record<string, string>>;

export function shapeFrom(text: string): number[] {
  return text === '' ? [] : text.split('x').map(Number);
}

/**
 * Writes a safetensors file of tensors of these shapes, in half precision. Their elements are a hole
 * in the file, which takes no room: all zero.
 */
export async function writeSparse(path: string, shapes: ShapesByName): Promise<void> {
  const tensors = Object.entries(shapes).map(
    ([name, text]) => [name, { dtype: 'float16', shape: shapeFrom(text) }] as const,
  );
  const header = encodeHeader(tensors);
  const bytes = tensors.reduce((sum, [, { shape }]) => sum + 2 * sizeOf(shape), header.length);
  const file = await open(path, 'w');
  await file.write(header);
  await file.truncate(bytes);
  await file.close();
}
