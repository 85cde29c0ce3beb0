import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RepositoryCache } from './cache.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';

let root: string;
let cache: RepositoryCache;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hub-cache-test-'));
  cache = new RepositoryCache(root, { repository: 'a/b' });
});
afterEach(() => rm(root, { recursive: true }));

const file = {
  path: 'unet/config.json',
  size: 2,
  digest: { kind: 'git', hex: 'e'.repeat(40) },
} as const;

async function writeBlob(content: string): Promise<void> {
  await mkdir(join(cache.folder, 'blobs'), { recursive: true });
  await writeFile(cache.blob(file.digest), content);
}

it('branches, tags and pull requests have the commit of their last download', async () => {
  expect(await cache.commitOf('main')).toBeUndefined();
  for (const revision of ['main', 'refs/pr/1']) {
    await cache.noteCommit(revision, commit);
    expect(await cache.commitOf(revision)).toBe(commit);
  }
  expect(await readFile(join(root, 'models--a--b', 'refs', 'refs', 'pr', '1'), 'utf8')).toBe(
    commit,
  );
  await writeFile(join(cache.folder, 'refs', 'main'), `${commit}\n`);
  expect(await cache.commitOf('main')).toBe(commit);
  expect(await cache.commitOf(commit)).toBe(commit);
});

it('neither a revision nor what a file holds leads out of the cache', async () => {
  const refs = join(cache.folder, 'refs');
  await mkdir(refs, { recursive: true });
  await writeFile(join(refs, 'main'), '../../..');
  await expect(cache.commitOf('../../main')).rejects.toThrow('"../../main" leads out of');
  await expect(cache.commitOf('main')).rejects.toThrow(`${join(refs, 'main')} holds no commit`);
  expect(() => cache.place(commit, '../x')).toThrow('"../x" leads out of');
});

it('a file is a relative link to its content, which the folder can be moved with', async () => {
  expect(await cache.has(commit, file)).toBe(false);
  await writeBlob('{}');
  expect(await cache.has(commit, file)).toBe(true);
  expect(await cache.contentOf(commit, file)).toBe(cache.blob(file.digest));
  expect(await cache.filesOf(commit)).toEqual([]);
  await cache.link(commit, file);
  await cache.link(commit, file);
  const place = join(cache.folder, 'snapshots', commit, 'unet', 'config.json');
  expect(await readlink(place)).toBe(join('..', '..', '..', 'blobs', 'e'.repeat(40)));
  expect(await cache.filesOf(commit)).toEqual(['unet/config.json']);
  expect(await cache.contentOf(commit, file)).toBe(place);
});

it('content of another size does not count, nor a link that leads nowhere', async () => {
  await writeBlob('{');
  expect(await cache.has(commit, file)).toBe(false);
  await writeBlob('{}');
  await cache.link(commit, file);
  await rm(cache.blob(file.digest));
  expect(await cache.has(commit, file)).toBe(false);
  expect(await cache.filesOf(commit)).toEqual([]);
  await writeBlob('{}');
  await cache.link(commit, file);
  expect(await cache.filesOf(commit)).toEqual(['unet/config.json']);
});

it("what a repository does not have is noted as the hub's own tools do", async () => {
  expect(await cache.lacks(commit, 'modellock-editor.json')).toBe(false);
  await cache.noteAbsence(commit, 'modellock-editor.json');
  expect(await cache.lacks(commit, 'modellock-editor.json')).toBe(true);
  expect(
    await readFile(join(cache.folder, '.no_exist', commit, 'modellock-editor.json'), 'utf8'),
  ).toBe('');
});
