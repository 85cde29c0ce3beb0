import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { float32, toNumbers } from '../tensor/tensor.ts';
import { openSafetensors } from './safetensors-file.ts';
import { encodeSafetensors } from './safetensors.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { reshaped, rowsOf, transposed } from './stored-views.ts';

let folder: string;
let stored: StoredTensor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stored-views-test-'));
  const path = join(folder, 'a.safetensors');
  await writeFile(path, encodeSafetensors(new Map([['w', float32([3, 2], [1, 2, 3, 4, 5, 6])]])));
  stored = (await openSafetensors(path)).tensors.get('w')!;
});
afterAll(() => rm(folder, { recursive: true }));

/** Read by itself, and by its place. */
async function values(view: StoredTensor): Promise<[number[], number[] | undefined]> {
  const read = await view.read();
  expect([read.dtype, read.shape]).toEqual([view.dtype, view.shape]);
  if (!view.place) return [toNumbers(read), undefined];
  const { path, offset, length } = view.place;
  const bytes = (await readFile(path)).subarray(offset, offset + length);
  return [toNumbers(read), [...new Float32Array(Uint8Array.from(bytes).buffer)]];
}

test('another shape has the same elements at the same place', async () => {
  const view = reshaped(stored, [2, 3, 1]);
  expect(view.shape).toEqual([2, 3, 1]);
  expect(await values(view)).toEqual([
    [1, 2, 3, 4, 5, 6],
    [1, 2, 3, 4, 5, 6],
  ]);
  expect(() => reshaped(stored, [7])).toThrow('shape [3, 2] does not fill shape [7]');
});

test('rows have a place of their own', async () => {
  expect(await values(rowsOf(stored, 1, 3))).toEqual([
    [3, 4, 5, 6],
    [3, 4, 5, 6],
  ]);
  expect((await values(rowsOf(stored, 1, 1)))[0]).toEqual([]);
});

test('a transposed tensor is put in order when it is read, and its rows are columns', async () => {
  const view = transposed(stored);
  expect(view.shape).toEqual([2, 3]);
  expect(await values(view)).toEqual([[1, 3, 5, 2, 4, 6], undefined]);
  expect(await values(rowsOf(view, 1, 2))).toEqual([[2, 4, 6], undefined]);
});
