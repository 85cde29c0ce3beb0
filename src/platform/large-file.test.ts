import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from './crypto.ts';
import { hashWhole, readInPieces, readPart, readWhole } from './large-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'large-file-test-'));
  path = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 251);

test('pieces of any size make the whole', async () => {
  await writeFile(path, bytes);
  expect(await readWhole(path)).toEqual(bytes);
  for (const piece of [1, 333, 500, 1000, 2 ** 30]) {
    expect(await readInPieces(path, piece)).toEqual(bytes);
  }
  await writeFile(path, '');
  expect(await readInPieces(path, 8)).toEqual(new Uint8Array(0));
});

test('a file beyond what memory can hold as one is refused before it is read', async () => {
  await writeFile(path, '');
  await truncate(path, 2 ** 41);
  await expect(readWhole(path)).rejects.toMatchObject({ code: 'unsupported' });
  await expect(readWhole(path)).rejects.toThrow(`${path} has 2199023255552 bytes`);
});

test('a hash read piece by piece is the hash of the bytes', async () => {
  const large = new Uint8Array(200_000).fill(3);
  await writeFile(path, large);
  expect(await hashWhole(path)).toBe(sha256(large));
});

test('a part is read from where it lies, and a missing one is an error', async () => {
  await writeFile(path, bytes);
  expect(await readPart(path, 10, 20)).toEqual(bytes.subarray(10, 30));
  expect(await readPart(path, 1000, 0)).toEqual(new Uint8Array(0));
  await expect(readPart(path, 990, 20)).rejects.toMatchObject({ code: 'io' });
});
