import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { readImageFolder, relabel, type ImageDataset, type ImageItem } from './image-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'image folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Files by name; what is in them is never read. */
async function touch(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(root, dirname(name)), { recursive: true });
    await writeFile(join(root, name), '');
  }
}

describe('readImageFolder', () => {
  it('takes classes by code point, whatever their names', async () => {
    await touch(
      'étang noir/a b.JPG',
      'Zebra/1.png',
      'apple pie/ü.jpeg',
      'apple pie/deep/er/2.webp',
    );
    const { classes, items } = await readImageFolder(root);
    expect(classes).toEqual(['Zebra', 'apple pie', 'étang noir']);
    expect(items.map(({ path, label }) => [relative(root, path), label])).toEqual([
      [join('Zebra', '1.png'), 0],
      [join('apple pie', 'deep', 'er', '2.webp'), 1],
      [join('apple pie', 'ü.jpeg'), 1],
      [join('étang noir', 'a b.JPG'), 2],
    ]);
  });

  it('passes over hidden files, and counts other files and folders without pictures', async () => {
    await touch(
      'cat/.hidden.png',
      'cat/1.png',
      'cat/notes.txt',
      '.git/2.png',
      'none/x.txt',
      '3.png',
    );
    await touch('cat/2.heic', 'cat/3.HEIC', 'cat/4', 'cat/5.pgm', 'cat/6.jfif');
    const notices: string[] = [];
    const { classes, items } = await readImageFolder(root, {
      onNotice: (notice) => notices.push(notice),
    });
    expect(classes).toEqual(['cat']);
    expect(items.map(({ path }) => relative(root, path))).toEqual([
      join('cat', '1.png'),
      join('cat', '5.pgm'),
      join('cat', '6.jfif'),
    ]);
    expect(notices).toEqual([
      `left out in ${root}: pictures beside the folders: 1 (3.png), folders without pictures: 1 (none), files of unknown kind: 5 (.heic, .txt, no ending)`,
    ]);
  });

  it('says nothing where nothing is left out', async () => {
    await touch('cat/1.png', 'cat/.hidden');
    const notices: string[] = [];
    await readImageFolder(root, { onNotice: (notice) => notices.push(notice) });
    expect(notices).toEqual([]);
  });

  it('passes over folders that are none of the set, wherever they lie, and says nothing of them', async () => {
    await touch('cat/1.png', 'cat/out/2.png', 'out.work/3.png');
    const notices: string[] = [];
    const { classes, items } = await readImageFolder(root, {
      onNotice: (notice) => notices.push(notice),
      passedOver: [join(root, 'cat', 'out'), join(root, 'out.work')],
    });
    expect(classes).toEqual(['cat']);
    expect(items.map(({ path }) => relative(root, path))).toEqual([join('cat', '1.png')]);
    expect(notices).toEqual([]);
  });

  it('takes folders whose names differ only in how an accent is written for one class', async () => {
    await touch('e\u0301tang/1.png', '\u00e9tang/2.png', 'mer/3.png');
    const { classes, items } = await readImageFolder(root);
    expect(classes).toEqual(['\u00e9tang', 'mer']);
    expect(items.map(({ label }) => label)).toEqual([0, 0, 1]);
  });

  it('reads a folder of very many files without delay', async () => {
    await mkdir(join(root, 'cat'));
    const names = Array.from({ length: 20_000 }, (_, i) => `${i}.png`);
    for (const name of names) closeSync(openSync(join(root, 'cat', name), 'w'));
    const start = performance.now();
    const { items } = await readImageFolder(root);
    expect(items).toHaveLength(20_000);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('is not trapped by a loop of links, and follows links to files', async () => {
    await touch('cat/1.png');
    await symlink(root, join(root, 'cat', 'loop'));
    await symlink(root, join(root, 'loop'));
    await symlink(join(root, 'cat', '1.png'), join(root, 'cat', '2.png'));
    const { classes, items } = await readImageFolder(root);
    expect(classes).toEqual(['cat']);
    expect(items.map(({ path }) => relative(root, path))).toEqual([
      join('cat', '1.png'),
      join('cat', '2.png'),
    ]);
  });

  test.skipIf(process.platform === 'win32')(
    'passes over pipes and devices, and keeps links that lead nowhere',
    async () => {
      await touch('cat/1.png');
      execFileSync('mkfifo', [join(root, 'cat', 'pipe.png'), join(root, 'cat', 'pipe')]);
      await symlink('pipe.png', join(root, 'cat', 'link.png'));
      await symlink('/dev/zero', join(root, 'cat', 'zero.png'));
      await symlink('nowhere', join(root, 'cat', 'lost.png'));
      const { items } = await readImageFolder(root);
      expect(items.map(({ path }) => basename(path))).toEqual(['1.png', 'lost.png']);
    },
  );

  it('looks into each folder once, however many links lead to it', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `cat/${i}`);
    await touch(...names.map((name) => `${name}/1.png`));
    for (const from of names) {
      for (const to of names) await symlink(join(root, to), join(root, from, `to ${to.slice(4)}`));
    }
    expect((await readImageFolder(root)).items).toHaveLength(12);
  });

  it('follows links to folders of classes, and to folders in them', async () => {
    await touch('pool/a/1.png', 'pool/b/2.png', 'set/dog/3.png');
    await symlink(join(root, 'pool', 'a'), join(root, 'set', 'cat'));
    await symlink(join('..', '..', 'pool', 'b'), join(root, 'set', 'dog', 'more'));
    await symlink(join(root, 'set'), join(root, 'pool', 'b', 'loop'));
    const { classes, items } = await readImageFolder(join(root, 'set'));
    expect(classes).toEqual(['cat', 'dog']);
    expect(items.map(({ path, label }) => [relative(root, path), label])).toEqual([
      [join('set', 'cat', '1.png'), 0],
      [join('set', 'dog', '3.png'), 1],
      [join('set', 'dog', 'more', '2.png'), 1],
    ]);
  });

  it('refuses a folder that is empty, missing or a file, by name', async () => {
    const refusal = (path: string, code: string): Promise<void> =>
      expect(readImageFolder(path)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(path) as string,
      });
    await refusal(root, 'data');
    await refusal(join(root, 'none'), 'not-found');
    await touch('file');
    await refusal(join(root, 'file'), 'not-found');
  });
});

const labelled = (counts: readonly number[]): ImageItem[] =>
  counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, i) => ({ path: `${label}/${i}`, label })),
  );

test('relabel matches by name, and by order only where that is allowed and no name is known', () => {
  const dataset: ImageDataset = { classes: ['a', 'b'], items: labelled([1, 1]) };
  const labels = (classes: string[], allowOrder?: boolean): number[] =>
    relabel(dataset, classes, { allowOrder }).items.map(({ label }) => label);
  expect(labels(['b', 'c', 'a'])).toEqual([2, 0]);
  expect(labels(['x', 'y'], true)).toEqual([0, 1]);
  const accented = { ...dataset, classes: ['\u00e9', 'e'] };
  expect(relabel(accented, ['e', 'e\u0301']).items.map(({ label }) => label)).toEqual([1, 0]);
  const both = 'the model has no class "b"; the data has a, b (valid: ';
  expect(() => labels(['a', 'x'], true)).toThrow(`${both}a, x)`);
  expect(() => labels(['a', 'x'])).toThrow(`${both}a, x)`);
  expect(() => labels(['x', 'y'])).toThrow('no class "a"; the data has a, b (valid: x, y)');
  expect(() => labels(['x', 'y', 'z'], true)).toThrow('no class "a"');
});
