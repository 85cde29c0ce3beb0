import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pictureFilesAt } from './picture-tree.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'picture-tree-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('finds the pictures that a name stands for', async () => {
  const slice = join(root, 'scan.nii.gz#42');
  expect(await pictureFilesAt(slice)).toEqual([slice]);
  await expect(pictureFilesAt(root)).rejects.toThrow(`there are no pictures in ${root}`);
  await mkdir(join(root, 'series'));
  for (const name of ['b.png', 'series/a.dcm', 'notes.txt']) await writeFile(join(root, name), '');
  expect(await pictureFilesAt(root)).toEqual([join(root, 'b.png'), join(root, 'series', 'a.dcm')]);
});
