import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareSet, setOfFolder } from './prepare.ts';
import { ablationSets, sets, subsetName, type SetPlan } from './sets.ts';

let root: string;
let from: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'prepare-test-'));
  [from, out] = [join(root, 'from'), join(root, 'out')];
});
afterEach(() => rm(root, { recursive: true }));

/** Files that say their own names; what they hold is of no interest here. */
async function write(folder: string, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), name);
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const all = { classes: 'all', train: null, test: null } as const;
const plan: SetPlan = { ...sets.cifar10, train: null, test: null };

it('copies a folder of DATA_DIR', async () => {
  const names = ['test/cat/9.png', 'train/cat/1.png', 'train/cat/more/1.png', 'train/dog/1.png'];
  await write(join(from, 'cifar10'), ...names);
  const folder = await prepareSet(out, plan, from);
  expect(await filesOf(folder)).toEqual(names);
  expect(await readFile(join(folder, 'train/cat/more/1.png'), 'utf8')).toBe('train/cat/more/1.png');
});

it('draws once: what is there is not looked for again', async () => {
  await write(join(from, 'cifar10'), 'train/cat/1.png', 'test/cat/1.png');
  const folder = await prepareSet(out, plan, from);
  await rm(from, { recursive: true });
  expect(await prepareSet(out, plan, from)).toBe(folder);
  await expect(prepareSet(out, { ...plan, train: 1 }, from)).rejects.toMatchObject({
    code: 'not-found',
  });
  expect(await readdir(join(out, 'data'))).toHaveLength(1);
});

it('unpacks an archive, but no links, and nothing beside its folder', async () => {
  await write(join(root, 'in'), 'cifar10/train/cat/1.png', 'cifar10/test/cat/2.png', 'other/3.png');
  await symlink('/etc/hosts', join(root, 'in/cifar10/train/cat/link.png'));
  await mkdir(from);
  const archive = join(from, 'cifar10.tar.gz');
  await create({ gzip: true, file: archive, cwd: join(root, 'in') }, ['cifar10', 'other']);
  const folder = await prepareSet(out, plan, from);
  expect(await filesOf(folder)).toEqual(['test/cat/2.png', 'train/cat/1.png']);
  expect(await readdir(join(out, 'unpacked'))).toEqual(['cifar10']);
});

it('refuses an archive whose names lead out of it, and leaves nothing', async () => {
  await write(join(root, 'in'), 'cifar10/train/cat/1.png', 'cifar10/test/cat/2.png');
  await mkdir(from);
  const archive = join(from, 'cifar10.tar.gz');
  await create(
    {
      gzip: true,
      file: archive,
      cwd: join(root, 'in'),
      onWriteEntry: (entry) => {
        entry.path = entry.path.replace('test/cat/2.png', '../../../evil.png');
      },
    },
    ['cifar10'],
  );
  await expect(prepareSet(out, plan, from)).rejects.toThrow('..');
  expect(await filesOf(root)).not.toContain('evil.png');
  expect(await readdir(join(out, 'unpacked'))).toEqual([]);
});

it('says where it looked', async () => {
  await expect(prepareSet(out, plan, from)).rejects.toThrow(join(from, 'cifar10.tar.gz'));
});

it('divides a folder that is not split', async () => {
  const names = Array.from({ length: 8 }, (_, i) => [`cat/${i}.png`, `dog/${i}.png`]).flat();
  await write(join(root, 'pets'), ...names);
  const folder = await prepareSet(out, await setOfFolder(join(root, 'pets'), all), from);
  const parts = await Promise.all(['train', 'test'].map((part) => filesOf(join(folder, part))));
  expect(parts.map((files) => files.length)).toEqual([12, 4]);
  expect(parts.flat().sort()).toEqual(names.sort());
});

it('a set of the repository has one name in every clone', () => {
  expect(subsetName(ablationSets.demo)).toBe('demo-6fdc32c2');
});

it('counts what there is to train on, in a folder', async () => {
  const names = Array.from({ length: 8 }, (_, i) => [`cat/${i}.png`, `dog/${i}.png`]).flat();
  await write(join(root, 'pets'), ...names);
  const imagesOf = async (drawing: object) =>
    (await setOfFolder(join(root, 'pets'), { ...all, ...drawing })).images;
  expect(await imagesOf({})).toBe(12);
  expect(await imagesOf({ test: 8 })).toBe(8);
  expect(await imagesOf({ classes: ['cat'] })).toBe(6);
  const { folder, images } = ablationSets.demo;
  expect((await setOfFolder(folder, all)).images).toBe(images);
});
