import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, test } from 'vitest';
import { openEditFolder } from './edit-folder.ts';

let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'edit-folder-test-'));
  path = join(root, 'edits');
});
afterEach(() => rm(root, { recursive: true }));

const modeOf = async (folder: string): Promise<number> => (await stat(folder)).mode & 0o777;

it('is made where there is none, with a salt that stays', async () => {
  const made = await openEditFolder(path);
  expect(made.path).toBe(path);
  expect(made.salt).toHaveLength(16);
  expect(await readdir(path)).toEqual(['edits.json']);
  await mkdir(join(path, '00'));
  expect(await openEditFolder(path)).toEqual(made);
  const other = await openEditFolder(join(root, 'other'));
  expect(other.salt).not.toEqual(made.salt);
});

it('has one salt, however many make it at once', async () => {
  const opened = await Promise.all(Array.from({ length: 20 }, () => openEditFolder(path)));
  expect(new Set(opened.map(({ salt }) => salt.join())).size).toBe(1);
  expect(await readdir(path)).toEqual(['edits.json']);
});

test.skipIf(process.platform === 'win32')('lets its owner in alone', async () => {
  await openEditFolder(path);
  expect(await modeOf(path)).toBe(0o700);
  await chmod(path, 0o755);
  await openEditFolder(path);
  expect(await modeOf(path)).toBe(0o700);
});

it('may be there and empty, but for hidden files', async () => {
  await mkdir(path);
  await writeFile(join(path, '.DS_Store'), '');
  expect((await openEditFolder(path)).salt).toHaveLength(16);
});

it('is none of the folders that hold other things, which stay as they are', async () => {
  await mkdir(path, { mode: 0o755 });
  await writeFile(join(path, 'cat.jpg'), '');
  const mode = await modeOf(path);
  await expect(openEditFolder(path)).rejects.toMatchObject({
    code: 'usage',
    message: `${path} is no folder of edits, for it holds "cat.jpg"; choose another for --edits`,
  });
  expect(await readdir(path)).toEqual(['cat.jpg']);
  expect(await modeOf(path)).toBe(mode);
});

it.each([
  ['{', 'is not JSON'],
  ['[]', 'is no JSON object'],
  ['{}', 'salt'],
  ['{"salt": "abc"}', 'salt'],
])('names its file where that is broken: %s', async (text, fault) => {
  await mkdir(path);
  await writeFile(join(path, 'edits.json'), text);
  const opened = openEditFolder(path);
  await expect(opened).rejects.toMatchObject({
    message: expect.stringContaining(join(path, 'edits.json')) as string,
  });
  await expect(opened).rejects.toThrow(fault);
});

it('is no file', async () => {
  await writeFile(path, '');
  await expect(openEditFolder(path)).rejects.toMatchObject({ code: 'not-found' });
});
