import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkFolder } from './work-folder.ts';

const key = { prompt: 'with oil pastel' };
const job = { recipe: 'paper', seed: 1 };

let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'work-folder-test-'));
  out = join(root, 'out');
});
afterEach(() => rm(root, { recursive: true }));

/** Begins a job and leaves it, as a killed process does. */
async function begin(withKey: typeof key | undefined = key): Promise<WorkFolder> {
  const work = await WorkFolder.open(out, job, withKey);
  await work.close({ remove: false });
  return work;
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
    const { salt } = await begin();
    const again = await WorkFolder.open(out, { ...job }, { ...key });
    expect([...again.salt]).toEqual([...salt]);
    await again.close({ remove: true });
    expect(await readdir(root)).toEqual([]);
    const anew = await WorkFolder.open(out, job, key);
    expect([...anew.salt]).not.toEqual([...salt]);
    await anew.close({ remove: true });
  });

  it('belongs to one at a time', async () => {
    const work = await WorkFolder.open(out, job, key);
    await expect(WorkFolder.open(out, job, key)).rejects.toMatchObject({ code: 'busy' });
    await work.close({ remove: false });
  });

  it.each([
    ['another key', { prompt: 'with oil pastels' }],
    ['a secret beside the prompt', { ...key, secret: new Uint8Array(16).fill(1) }],
    ['no key', undefined],
  ])('refuses to go on with %s, and stays free', async (_, other) => {
    await begin();
    await expect(WorkFolder.open(out, job, other)).rejects.toMatchObject({ code: 'key' });
    await begin();
  });

  it('refuses a key where the job began without one', async () => {
    const work = await WorkFolder.open(out, job);
    await work.close({ remove: false });
    await expect(WorkFolder.open(out, job, key)).rejects.toMatchObject({ code: 'key' });
  });

  it('refuses another job, and an output that is there', async () => {
    await begin();
    await expect(WorkFolder.open(out, { ...job, seed: 2 }, key)).rejects.toMatchObject({
      code: 'usage',
    });
    await mkdir(out);
    await expect(WorkFolder.open(out, job, key)).rejects.toThrow(`${out} is there already`);
  });

  it('names its own file where that is broken', async () => {
    const { path } = await begin();
    for (const text of ['{"job": ', 'null', '{}']) {
      await writeFile(join(path, 'job.json'), text);
      await expect(WorkFolder.open(out, job, key)).rejects.toMatchObject({
        name: 'ModelLockError',
        message: expect.stringContaining(path) as string,
      });
    }
  });

  it('keeps checkpoints by name', async () => {
    const work = await WorkFolder.open(out, job, key);
    const store = work.checkpoints('train');
    expect(await store.load()).toBeUndefined();
    await store.save(Uint8Array.of(1, 2));
    expect(Uint8Array.from((await store.load())!)).toEqual(Uint8Array.of(1, 2));
    expect(await work.checkpoints('other').load()).toBeUndefined();
    expect(store.where).toBe(join(work.path, 'train.safetensors'));
    await work.close({ remove: true });
  });
});
