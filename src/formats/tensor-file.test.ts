import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { float32 } from '../tensor/tensor.ts';
import { encodeSafetensors } from './safetensors.ts';
import { openTensorFile } from './tensor-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tensor-file-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a file is read by what it is, whatever its ending says', async () => {
  const torch = join(folder, 'torch.safetensors');
  await copyFile(join(import.meta.dirname, 'torch/fixtures/checkpoint.ckpt'), torch);
  const { tensors, scalars } = await openTensorFile(torch);
  expect(tensors.get('module.conv.weight')?.shape).toEqual([2, 1, 3, 3]);
  expect(scalars.get('global_step')).toBe(875000);

  const safetensors = join(folder, 'safetensors.ckpt');
  const w = float32([2], [1, 2]);
  await writeFile(safetensors, encodeSafetensors(new Map([['w', w]]), { format: 'pt' }));
  const file = await openTensorFile(safetensors);
  expect(await file.tensors.get('w')!.read()).toEqual(w);
  expect(file.scalars).toEqual(new Map([['format', 'pt']]));
});

test.each(['', 'PK', '<html>an error page</html>'])(
  '"%s" is no file of tensors',
  async (content) => {
    const path = join(folder, 'other');
    await writeFile(path, content);
    await expect(openTensorFile(path)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(openTensorFile(path)).rejects.toThrow(path);
  },
);

test.each([
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['U32', 4],
  ['U64', 8],
  ['C64', 8],
])('a tensor of %s stands in nobody’s way until it is read', async (dtype, size) => {
  const header = JSON.stringify({
    odd: { dtype, shape: [3], data_offsets: [0, 3 * size] },
    w: { dtype: 'F32', shape: [1], data_offsets: [3 * size, 3 * size + 4] },
  });
  const path = join(folder, `${dtype}.safetensors`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const data = Buffer.alloc(3 * size + 4);
  await writeFile(path, Buffer.concat([length, Buffer.from(header), data]));
  const { tensors } = await openTensorFile(path);
  expect(tensors.get('odd')?.shape).toEqual([3]);
  expect(await tensors.get('w')!.read()).toEqual(float32([1], [0]));
  await expect(tensors.get('odd')!.read()).rejects.toMatchObject({
    code: 'unsupported',
    message: `${path}: tensor "odd" has the unsupported dtype ${dtype}`,
  });
});
