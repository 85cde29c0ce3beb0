import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MaskFolder } from './mask-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mask-folder-test-'));
});
afterEach(() => rm(root, { recursive: true }));

const labels = ['road', 'sky'];
const image = { width: 2, height: 1, data: new Uint8Array(6) };
const map = { width: 2, height: 1, data: Uint8Array.of(0, 1) };

it('has a mask and an overlay for each picture, and the names of the classes', async () => {
  const out = join(root, 'seen');
  const folder = await MaskFolder.create(out, ['a/1.jpg', 'b/2.png'], labels);
  await folder.write('a/1.jpg', image, map);
  await folder.write('b/2.png', image, map);
  for (const part of ['masks', 'overlays']) {
    expect(await readdir(join(out, part))).toEqual(['1.png', '2.png']);
  }
  expect(await readFile(join(out, 'classes.txt'), 'utf8')).toBe('road\nsky\n');
});

it('never writes where something is, be it masks that somebody has drawn', async () => {
  await mkdir(join(root, 'masks'));
  await writeFile(join(root, 'masks', '1.png'), 'drawn');
  await expect(MaskFolder.create(root, ['1.jpg'], labels)).rejects.toMatchObject({
    code: 'usage',
    message: `${root} is there already; choose another --out`,
  });
  await expect(MaskFolder.create(join(root, 'masks', '1.png'), [], labels)).rejects.toThrow(
    'is there already',
  );
  expect(await readFile(join(root, 'masks', '1.png'), 'utf8')).toBe('drawn');
});

it('refuses two pictures of one name before anything is made', async () => {
  const out = join(root, 'seen');
  await expect(MaskFolder.create(out, ['a/1.jpg', 'b/1.png'], labels)).rejects.toThrow(
    'a/1.jpg and b/1.png would both become 1.png',
  );
  expect(await readdir(root)).toEqual([]);
});
