import { copyFile, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { extract } from 'tar';
import { ModelLockError } from '../../src/base/error.ts';
import { readImageFolder, type ImageDataset } from '../../src/data/image-folder.ts';
import { sideFolder } from '../../src/data/reading/layouts.ts';
import { drawSubset, type Drawing } from './subset.ts';
import { subsetName, type SetPlan } from './sets.ts';

/** Where named data sets lie, as folders or as archives NAME.tar.gz. */
const dataDir = (): string =>
  resolve(process.env['DATA_DIR'] ?? join(import.meta.dirname, '../../../shared/data'));

/**
 * Copies the pictures of a plan into a folder of their own below `out`, once: `train/CLASS/...` and
 * `test/CLASS/...`. @returns that folder. Throws `not-found` where there is no such data set.
 */
export async function prepareSet(
  out: string,
  plan: SetPlan,
  from: string = dataDir(),
): Promise<string> {
  const folder = join(out, 'data', subsetName(plan));
  if (existsSync(folder)) return folder;
  const root = plan.folder ?? (await locate(from, out, plan.name));
  if (plan.task) {
    await whole(folder, (part) => cp(root, part, { recursive: true }));
    return folder;
  }
  const { train, test } = await drawFrom(root, plan);
  await whole(folder, async (part) => {
    await copy(train, join(part, 'train'));
    await copy(test, join(part, 'test'));
  });
  return folder;
}

/** Any folder of pictures as a set. Throws `usage` for a class that is not there. */
export async function setOfFolder(path: string, drawing: Drawing): Promise<SetPlan> {
  const folder = resolve(path);
  const { train } = await drawFrom(folder, drawing);
  const images = train.items.length;
  return { name: basename(folder), folder, ...drawing, images, pairing: 'crossed' };
}

/** A part of a set, and the folder that its pictures lie in. */
interface Part extends ImageDataset {
  readonly root: string;
}

async function drawFrom(root: string, drawing: Drawing): Promise<{ train: Part; test: Part }> {
  const trainRoot = (await sideFolder(root, 'train'))!;
  const testRoot = await sideFolder(root, 'test');
  const { train, test } = drawSubset(
    {
      train: await readImageFolder(trainRoot),
      test: testRoot === undefined ? undefined : await readImageFolder(testRoot),
    },
    drawing,
  );
  return { train: { ...train, root: trainRoot }, test: { ...test, root: testRoot ?? trainRoot } };
}

/** The folder of a data set; an archive is unpacked below `out`, once. */
async function locate(from: string, out: string, name: string): Promise<string> {
  const [folder, archive] = [join(from, name), join(from, `${name}.tar.gz`)];
  if (existsSync(folder)) return folder;
  const unpacked = join(out, 'unpacked', name);
  if (existsSync(unpacked)) return unpacked;
  if (!existsSync(archive)) {
    throw new ModelLockError('not-found', `there is no data set ${name}; set DATA_DIR`, {
      valid: [folder, archive],
    });
  }
  await whole(unpacked, (part) => unpack(archive, name, part));
  return unpacked;
}

/** Files and folders of an archive, and nothing else; it is refused if a name leads out of it. */
async function unpack(archive: string, name: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  await extract({
    file: archive,
    cwd: into,
    strip: 1,
    strict: true,
    filter: (path, entry) =>
      path.split('/')[0] === name &&
      'type' in entry &&
      (entry.type === 'File' || entry.type === 'Directory'),
  });
}

/** Makes a folder that appears under its name when it is whole. */
async function whole(folder: string, make: (part: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const part = await mkdtemp(`${folder}.part-`);
  try {
    await make(part);
    await rename(part, folder);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

async function copy({ items, root }: Part, to: string): Promise<void> {
  for (const { path } of items) {
    const target = join(to, relative(root, path));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(path, target);
  }
}
