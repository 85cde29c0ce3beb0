import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashFolder, resolveReference } from './reference.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reference-test-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

describe('resolveReference', () => {
  it('finds what ships with the program, and folders', async () => {
    expect(await resolveReference('pocket', 'backbone')).toMatchObject({ name: 'pocket-backbone' });
    expect(await resolveReference(`${root}/`, 'editor')).toMatchObject({
      reference: `${root}/`,
      name: basename(root),
    });
  });

  it('tells apart what is missing and a file', async () => {
    const file = join(root, 'model.txt');
    await writeFile(file, '');
    await expect(resolveReference(file, 'backbone')).rejects.toThrow(
      `the model ${file} is a file of another kind (valid: pocket, `,
    );
    await expect(resolveReference(join(root, 'no'), 'editor')).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('finds a certain one of what ships, and lists them', async () => {
    expect(await resolveReference('pocket/backbone', 'backbone')).toEqual({
      ...(await resolveReference('pocket', 'backbone')),
      reference: 'pocket/backbone',
    });
    for (const reference of ['pocket/editor', 'pocket/', 'pocket/../demo', 'pocket/backbone/x']) {
      await expect(resolveReference(reference, 'backbone')).rejects.toThrow(
        `no backbone ${reference} ships with this version (valid: pocket, pocket/backbone`,
      );
    }
  });

  it('finds what the hub has been asked for before, and names its commit', async () => {
    const repository = join(root, 'hub', 'models--google--vit');
    const commit = 'a'.repeat(40);
    const folder = join(repository, 'snapshots', commit);
    await mkdir(folder, { recursive: true });
    await mkdir(join(repository, 'refs'));
    await writeFile(join(repository, 'refs', 'main'), commit);
    await writeFile(join(folder, 'config.json'), '{}');
    await writeFile(join(folder, 'preprocessor_config.json'), '{}');
    vi.stubEnv('HF_HUB_CACHE', '');
    vi.stubEnv('HF_HOME', root);
    vi.stubEnv('HF_HUB_OFFLINE', '1');

    const reference = 'hf:google/vit';
    await expect(resolveReference(reference, 'backbone')).rejects.toMatchObject({
      code: 'not-found',
      message: `hf:google/vit is not whole in the cache at ${join(root, 'hub')}, and HF_HUB_OFFLINE is set: there is no file of weights in its root (.safetensors or .bin)`,
    });
    await writeFile(join(folder, 'model.safetensors'), '');
    const found = { reference: `${reference}@${commit}`, name: 'google/vit', folder };
    expect(await resolveReference(reference, 'backbone')).toEqual(found);
    expect(await resolveReference(found.reference, 'backbone')).toEqual(found);
    for (const other of ['hf:a/b', `${reference}@other`, `${reference}@${'b'.repeat(40)}`]) {
      await expect(resolveReference(other, 'backbone')).rejects.toThrow(
        `${other} is not whole in the cache at ${join(root, 'hub')}`,
      );
    }
    await expect(resolveReference(reference, 'editor')).rejects.toThrow('no model_index.json');
    await expect(resolveReference('hf:../x', 'editor')).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('hashFolder', () => {
  /** The hash of a fresh folder with these files. */
  async function hash(files: Record<string, string>, ignore: string[] = []): Promise<string> {
    const folder = await mkdtemp(join(root, 'hashed-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return hashFolder(folder, (path) => !ignore.includes(path));
  }

  it('is a function of names and contents, wherever the folder is', async () => {
    const files = { 'config.json': '{}', 'unet/weights': 'abc' };
    const own = await hash(files);
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash({ 'unet/weights': 'abc', 'config.json': '{}' })).toBe(own);
    const others = await Promise.all([
      hash({ ...files, 'config.json': '{ }' }),
      hash({ ...files, more: '' }),
      hash({ 'config.json': '{}', 'vae/weights': 'abc' }),
      hash({ 'config.json': '{}', weights: 'abc' }),
    ]);
    expect(new Set([own, ...others]).size).toBe(5);
  });

  it('passes over what is hidden, and what it is told to', async () => {
    const own = await hash({ a: '1' });
    expect(await hash({ a: '1', '.cache': 'x' })).toBe(own);
    expect(await hash({ a: '1', '.git/index': 'x', '.cache/huggingface/a': 'y' })).toBe(own);
    expect(await hash({ a: '1', notes: 'x' }, ['notes'])).toBe(own);
  });

  it('counts links to files as files, and to folders where they are parts', async () => {
    const folder = join(root, 'linked');
    await mkdir(join(folder, 'blobs'), { recursive: true });
    await writeFile(join(folder, 'blobs', 'weights'), 'abc');
    for (const [target, name] of [
      ['blobs', 'unet'],
      ['blobs/weights', 'a'],
      ['.', 'loop'],
    ]) {
      await symlink(target, join(folder, name));
    }
    const counts = (path: string): boolean => !path.startsWith('blobs');
    expect(await hashFolder(folder, counts)).toBe(await hash({ a: 'abc' }));
    const whole = await hash({ a: 'abc', 'unet/weights': 'abc' });
    expect(await hashFolder(folder, counts, ['unet'])).toBe(whole);
  });
});
