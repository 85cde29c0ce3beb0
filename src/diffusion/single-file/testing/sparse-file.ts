import { open } from 'node:fs/promises';
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
  let end = 0;
  const header = Object.fromEntries(
    Object.entries(shapes).map(([name, text]) => {
      const shape = shapeFrom(text);
      const start = end;
      end += 2 * sizeOf(shape);
      return [name, { dtype: 'F16', shape, data_offsets: [start, end] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = await open(path, 'w');
  await file.write(Buffer.concat([length, text]));
  await file.truncate(8 + text.length + end);
  await file.close();
}
