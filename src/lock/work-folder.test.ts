import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Key } from '../key/key.ts';
import { inWorkFolder, WorkFolder, type WorkOptions } from './work-folder.ts';

const key: Key = { prompt: 'with oil pastel' };
const job = { recipe: 'paper', seed: 1 };

let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'work-folder-test-'));
  out = join(root, 'out');
});
afterEach(() => rm(root, { recursive: true }));

/** Opens the folder for a job. */
async function claimed(withKey: Key | undefined = key, what: unknown = job): Promise<WorkFolder> {
  const work = await WorkFolder.open(out);
  try {
    await work.claim(what, withKey);
    return work;
  } catch (error) {
    await work.close();
    throw error;
  }
}

/** Begins a job and leaves it, as a killed process does. */
async function begin(withKey?: Key): Promise<WorkFolder> {
  const work = await claimed(withKey);
  await work.close();
  return work;
}

/** Makes what the job is to make, and ends it with a result. */
async function publish(work: WorkFolder, result: unknown): Promise<void> {
  await mkdir(work.made('bundle'));
  await writeFile(join(work.made('bundle'), 'config.json'), '{}');
  await work.publish('bundle', result);
}

/** Somebody else's folder in the place of the output. */
async function takeOut(): Promise<void> {
  await mkdir(out);
  await writeFile(join(out, 'thesis.tex'), '');
}

describe('WorkFolder', () => {
  it('lets its owner in alone, and tells nothing of the key', async () => {
    const { path } = await begin();
    expect(path).toBe(`${out}.work`);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    const text = await readFile(join(path, 'job.json'), 'utf8');
    expect(text).not.toContain('pastel');
  });

  it('goes on with the same job and the same key, under the same salt', async () => {
    const { salt } = (await begin()).edits();
    const again = await claimed({ ...key }, { ...job });
    expect([...again.edits().salt]).toEqual([...salt]);
    await again.close({ done: true });
    expect(await readdir(root)).toEqual([]);
    const anew = await claimed();
    expect([...anew.edits().salt]).not.toEqual([...salt]);
    await anew.close();
  });

  it('belongs to one at a time, and lies beside the output whether that ends in a slash or not', async () => {
    const work = await claimed();
    for (const name of [out, `${out}/`]) {
      await expect(WorkFolder.open(name)).rejects.toMatchObject({ code: 'busy' });
    }
    await work.close();
  });

  it('leaves nothing where no job claimed it', async () => {
    await (await WorkFolder.open(out)).close();
    expect(await readdir(root)).toEqual([]);
  });

  it.each([
    ['another key', { prompt: 'with oil pastels' }],
    ['a secret beside the prompt', { ...key, secret: new Uint8Array(16).fill(1) }],
  ])('refuses to go on with %s, and stays free', async (_, other) => {
    await begin();
    await expect(claimed(other)).rejects.toMatchObject({ code: 'key' });
    await begin();
  });

  it('refuses a key where the job began without one, and none where it began with one', async () => {
    const work = await WorkFolder.open(out);
    await work.claim(job);
    await expect(work.claim(job, key)).rejects.toMatchObject({ code: 'key' });
    await work.close({ done: true });
    await begin();
    const again = await WorkFolder.open(out);
    await expect(again.claim(job)).rejects.toMatchObject({ code: 'key' });
    await again.close();
  });

  it('refuses another job, and an output that is there', async () => {
    await begin();
    await expect(claimed(key, { ...job, seed: 2 })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('unfinished job with other options') as string,
    });
    await mkdir(out);
    await expect(claimed()).rejects.toThrow(`${out} is there already`);
  });

  it('refuses a folder that somebody else has filled', async () => {
    await mkdir(`${out}.work`);
    await writeFile(join(`${out}.work`, 'thesis.tex'), '');
    await expect(claimed()).rejects.toThrow(`${out}.work is not a work folder`);
    expect(await readdir(`${out}.work`)).toEqual(['thesis.tex']);
  });

  it('leaves one alone that also has a file of the name of ours', async () => {
    await mkdir(`${out}.work`);
    for (const name of ['result.json', 'job.json', 'thesis.tex']) {
      await writeFile(join(`${out}.work`, name), '{}');
    }
    await expect(WorkFolder.open(out)).rejects.toThrow('holds "thesis.tex"');
    expect(await readdir(`${out}.work`)).toHaveLength(3);
  });

  it('goes on beside what a system puts into folders', async () => {
    const { path } = await begin();
    await writeFile(join(path, '.DS_Store'), '');
    await begin();
  });

  it.skipIf(process.platform === 'win32')('shuts a folder that others may enter', async () => {
    await mkdir(`${out}.work`);
    await chmod(`${out}.work`, 0o777);
    const { path } = await begin();
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('goes on where the job was killed while its file was written', async () => {
    await mkdir(`${out}.work`);
    await writeFile(join(`${out}.work`, 'job.json.0123.part'), '{"job"');
    await (await claimed()).close({ done: true });
    expect(await readdir(root)).toEqual([]);
  });

  it('names its own file where that is broken', async () => {
    const { path } = await begin();
    for (const text of ['{"job": ', 'null', '{}']) {
      await writeFile(join(path, 'job.json'), text);
      await expect(claimed()).rejects.toMatchObject({
        name: 'ModelLockError',
        message: expect.stringContaining(path) as string,
      });
    }
  });

  it('keeps checkpoints', async () => {
    const work = await claimed();
    const store = work.checkpoints();
    expect(await store.load()).toBeUndefined();
    await store.save([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(Uint8Array.from((await store.load())!)).toEqual(Uint8Array.of(1, 2));
    expect(store.where).toBe(join(work.path, 'training.safetensors'));
    await work.close();
  });

  it('gives the result again where all but the removal of the work was done', async () => {
    const work = await claimed();
    await publish(work, { images: 3 });
    expect(await readdir(out)).toEqual(['config.json']);
    await work.close();

    const again = await WorkFolder.open(out);
    await expect(again.claim({ ...job, seed: 2 }, key)).rejects.toThrow(`${out} is there already`);
    expect(await again.claim(job, key)).toEqual({ images: 3 });
    await again.close({ done: true });
    expect(await readdir(root)).toEqual(['out']);
  });

  it('goes on with a removal that was killed', async () => {
    const work = await claimed();
    await publish(work, { images: 3 });
    await work.close();
    await rm(join(work.path, 'job.json'));
    const again = await WorkFolder.open(out);
    expect(await again.claim(job, key)).toEqual({ images: 3 });
    await again.close({ done: true });
    expect(await readdir(root)).toEqual(['out']);
  });

  it('keeps what was made where the output was taken meanwhile, until there is room for it', async () => {
    const work = await claimed();
    await takeOut();
    await expect(publish(work, { images: 3 })).rejects.toThrow('a folder of that name is there');
    await work.close();
    await expect(claimed()).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`${out} is there already`) as string,
    });
    expect(await readdir(join(`${out}.work`, 'bundle'))).toEqual(['config.json']);
    expect(await readdir(out)).toEqual(['thesis.tex']);

    await rm(out, { recursive: true });
    const again = await WorkFolder.open(out);
    expect(await again.claim(job, key)).toBeUndefined();
    await again.publish('bundle', { images: 3 });
    await again.close({ done: true });
    expect(await readdir(out)).toEqual(['config.json']);
  });

  it('takes an output that came while the job was opened for somebody else’s', async () => {
    await begin();
    const work = await WorkFolder.open(out);
    await takeOut();
    await expect(work.claim(job, key)).rejects.toThrow(`${out} is there already`);
    await work.close();
  });

  it('begins anew where the result is there and the output is not', async () => {
    const work = await claimed();
    await publish(work, { images: 3 });
    await work.close();
    await rm(out, { recursive: true });
    const again = await WorkFolder.open(out);
    expect(await again.claim(job, key)).toBeUndefined();
    await again.close();
    // Killed again; the result of the first time does not make this one ours.
    await takeOut();
    await expect(claimed()).rejects.toThrow(`${out} is there already`);
  });
});

describe('inWorkFolder', () => {
  const run = (more: Partial<WorkOptions>, fail = false): Promise<number> =>
    inWorkFolder({ out, ...more }, async (work) => {
      await work.claim(job, key);
      if (fail) throw new Error('failed');
      await publish(work, 7);
      return 7;
    });

  it('removes the work of a job that is done, unless it is to be kept', async () => {
    expect(await run({})).toBe(7);
    expect(await readdir(root)).toEqual(['out']);
    await rm(out, { recursive: true });
    await run({ keepWork: true });
    expect(await readdir(`${out}.work`)).toEqual(['job.json']);
    await expect(run({})).rejects.toThrow(`${out} is there already`);
  });

  it('gives a result that nobody has taken again', async () => {
    const taken: number[] = [];
    const fail = (): Promise<void> => Promise.reject(new Error('nobody reads it'));
    await expect(run({ onResult: fail })).rejects.toThrow('nobody reads it');
    expect(await readdir(root)).toEqual(['out', 'out.work']);
    const take = async (result: unknown): Promise<void> => void taken.push(result as number);
    const again = await inWorkFolder<number>({ out, onResult: take }, async (work) => {
      return (await work.claim<number>(job, key))!;
    });
    expect([again, taken]).toEqual([7, [7]]);
    expect(await readdir(root)).toEqual(['out']);
  });

  it('keeps the work of a job that failed, but for one that can never be done', async () => {
    await expect(run({}, true)).rejects.toThrow('failed');
    expect(await readdir(root)).toEqual(['out.work']);
    const hopeless = inWorkFolder({ out }, async (work) => {
      await work.claim(job, key);
      await work.abandon();
      throw new Error('hopeless');
    });
    await expect(hopeless).rejects.toThrow('hopeless');
    expect(await readdir(root)).toEqual([]);
  });
});
