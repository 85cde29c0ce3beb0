import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PartialFile } from './partial-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partial-file-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const plain = { algorithm: 'sha256', prefix: '' } as const;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');

it('grows, knows its hash, and gets its name', async () => {
  const file = await PartialFile.open(join(folder, 'part'), plain);
  await file.append(text('ab'));
  await file.append(text('c'));
  expect([file.size, file.digest()]).toEqual([3, sha256('abc')]);
  expect(await readdir(folder)).toEqual(['part']);
  await file.publish(join(folder, 'whole'));
  await file.close();
  expect(await readdir(folder)).toEqual(['whole']);
  expect(await readFile(join(folder, 'whole'), 'utf8')).toBe('abc');
});

it('goes on with what is there, whatever its length', async () => {
  const long = 'x'.repeat(2 ** 20 + 7);
  await writeFile(join(folder, 'part'), long);
  const file = await PartialFile.open(join(folder, 'part'), plain);
  expect([file.size, file.digest()]).toEqual([long.length, sha256(long)]);
  await file.append(text('y'));
  expect(file.digest()).toBe(sha256(`${long}y`));
  await file.close();
});

it('starts again with nothing', async () => {
  const file = await PartialFile.open(join(folder, 'part'), plain);
  await file.append(text('wrong, and longer'));
  await file.restart();
  expect([file.size, file.digest()]).toEqual([0, sha256('')]);
  await file.append(text('right'));
  await file.close();
  expect(await readFile(join(folder, 'part'), 'utf8')).toBe('right');
});

it('is hashed as git does it, too', async () => {
  const kind = { algorithm: 'sha1', prefix: 'blob 6\0' } as const;
  const file = await PartialFile.open(join(folder, 'part'), kind);
  await file.append(text('hello\n'));
  // As `git hash-object` says.
  expect(file.digest()).toBe('ce013625030ba8dba906f756967f9e9ca394464a');
  await file.close();
});

it('says where it cannot be', async () => {
  const path = join(folder, 'no', 'part');
  await expect(PartialFile.open(path, plain)).rejects.toMatchObject({
    code: 'not-found',
    message: `cannot write ${path}: there is no such file or folder`,
  });
});
