import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashFolder, resolveReference } from './reference.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reference-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('resolveReference', () => {
  it('finds what ships with the program, and folders', async () => {
    expect(await resolveReference('pocket', 'editor')).toMatchObject({ name: 'pocket-editor' });
    expect(await resolveReference(`${root}/`, 'editor')).toMatchObject({
      reference: `${root}/`,
      name: basename(root),
    });
  });

  it('tells apart what is missing, a file, and the hub', async () => {
    const file = join(root, 'model.bin');
    await writeFile(file, '');
    await expect(resolveReference(file, 'backbone')).rejects.toThrow(
      `the backbone ${file} is a file, not a folder (valid: pocket, `,
    );
    await expect(resolveReference(join(root, 'no'), 'editor')).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(resolveReference('hf:timbrooks/instruct-pix2pix', 'editor')).rejects.toMatchObject(
      { code: 'unsupported' },
    );
  });
});

describe('hashFolder', () => {
  /** The hash of a fresh folder with these files. */
  async function hash(files: Record<string, string>, ignore?: string[]): Promise<string> {
    const folder = await mkdtemp(join(root, 'hashed-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return hashFolder(folder, ignore);
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

  it('passes over hidden files and those it is told to', async () => {
    const own = await hash({ a: '1' });
    expect(await hash({ a: '1', '.cache': 'x' })).toBe(own);
    expect(await hash({ a: '1', notes: 'x' }, ['notes'])).toBe(own);
  });
});
