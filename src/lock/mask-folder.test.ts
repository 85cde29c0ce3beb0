import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makingMasks, requireNewFolder } from './mask-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mask-folder-test-'));
});
afterEach(() => rm(root, { recursive: true }));

const labels = ['road', 'sky'];
const image = { width: 2, height: 1, data: new Uint8Array(6) };
const map = { width: 2, height: 1, data: Uint8Array.of(0, 1) };

const make = (folder: string, paths: readonly string[]): Promise<number> =>
  makingMasks(folder, { paths, labels }, async (write) => {
    for (const path of paths) await write(path, image, map);
    return paths.length;
  });

it('has a mask and an overlay for each picture, and the names of the classes', async () => {
  const out = join(root, 'seen');
  expect(await make(out, ['a/1.jpg', 'b/2.png'])).toBe(2);
  for (const part of ['masks', 'overlays']) {
    expect(await readdir(join(out, part))).toEqual(['1.png', '2.png']);
  }
  expect(await readFile(join(out, 'classes.txt'), 'utf8')).toBe('road\nsky\n');
});

it('is there whole or not at all', async () => {
  const out = join(root, 'seen');
  const broken = makingMasks(out, { paths: ['1.jpg', '2.jpg'], labels }, async (write) => {
    await write('1.jpg', image, map);
    throw new Error('the second is broken');
  });
  await expect(broken).rejects.toThrow('the second is broken');
  expect(await readdir(root)).toEqual([]);
  await make(out, ['1.jpg', '2.jpg']);
  expect(await readdir(root)).toEqual(['seen']);
});

it('refuses two pictures of one name before anything is made', async () => {
  await expect(make(join(root, 'seen'), ['a/1.jpg', 'b/1.png'])).rejects.toThrow(
    'a/1.jpg and b/1.png would both become 1.png',
  );
  expect(await readdir(root)).toEqual([]);
});

it('never writes where something is, be it masks that somebody has drawn', async () => {
  await requireNewFolder(join(root, 'none'));
  await requireNewFolder(root);
  await writeFile(join(root, 'mask.png'), 'drawn');
  for (const path of [root, join(root, 'mask.png')]) {
    await expect(requireNewFolder(path)).rejects.toMatchObject({
      code: 'usage',
      message: `${path} is there already; choose another --out`,
    });
  }
});
