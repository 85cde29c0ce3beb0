import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cachedSnapshot, hubCacheFolder, parseHubReference } from './hub-cache.ts';

describe('parseHubReference', () => {
  it('tells repository and revision apart', () => {
    expect(parseHubReference('openai/clip-vit@refs/pr/3')).toEqual({
      repository: 'openai/clip-vit',
      revision: 'refs/pr/3',
    });
    expect(parseHubReference('gpt2')).toEqual({ repository: 'gpt2', revision: 'main' });
  });

  it.each(['', 'a/b/c', '/a', 'a/', 'a/b@', 'a b', 'a/b@x y', '../..//a'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseHubReference(text)).toThrow(
        `"${text}" is no reference to the hub (valid: owner/name, owner/name@revision)`,
      );
    },
  );
});

describe('hubCacheFolder', () => {
  const names = ['HF_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'];
  beforeEach(() => names.forEach((name) => vi.stubEnv(name, '')));
  afterEach(() => vi.unstubAllEnvs());

  it("is where the hub's own tools have it", () => {
    expect(hubCacheFolder()).toBe(join(homedir(), '.cache', 'huggingface', 'hub'));
    vi.stubEnv('XDG_CACHE_HOME', '/x');
    expect(hubCacheFolder()).toBe(join('/x', 'huggingface', 'hub'));
    vi.stubEnv('HF_HOME', '/h');
    expect(hubCacheFolder()).toBe(join('/h', 'hub'));
    vi.stubEnv('HF_HUB_CACHE', '/c');
    expect(hubCacheFolder()).toBe('/c');
  });
});

describe('cachedSnapshot', () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'hub-cache-test-'));
  });
  afterEach(() => rm(cache, { recursive: true }));

  const commit = '0123456789abcdef0123456789abcdef01234567';

  it('follows branches, tags and pull requests to their commit', async () => {
    const folder = join(cache, 'models--a--b');
    await mkdir(join(folder, 'snapshots', commit), { recursive: true });
    await mkdir(join(folder, 'refs', 'refs', 'pr'), { recursive: true });
    await writeFile(join(folder, 'refs', 'main'), commit);
    await writeFile(join(folder, 'refs', 'refs', 'pr', '1'), `${commit}\n`);
    for (const revision of ['main', 'refs/pr/1', commit]) {
      expect(await cachedSnapshot({ repository: 'a/b', revision }, cache)).toBe(
        join(folder, 'snapshots', commit),
      );
    }
    expect(await cachedSnapshot({ repository: 'a/b', revision: 'v1' }, cache)).toBeUndefined();
    expect(await cachedSnapshot({ repository: 'b', revision: 'main' }, cache)).toBeUndefined();
  });

  it('leaves the cache neither by a revision nor by what a file holds', async () => {
    const refs = join(cache, 'models--a--b', 'refs');
    await mkdir(refs, { recursive: true });
    await writeFile(join(refs, 'main'), '../../..');
    await expect(
      cachedSnapshot({ repository: 'a/b', revision: '../../main' }, cache),
    ).rejects.toThrow('"../../main" leads out of');
    await expect(cachedSnapshot({ repository: 'a/b', revision: 'main' }, cache)).rejects.toThrow(
      `${join(refs, 'main')} holds no commit`,
    );
  });
});
