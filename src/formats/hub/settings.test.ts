import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { hubCacheFolder, hubSettings } from './settings.ts';

const names = ['HF_HUB_CACHE', 'HF_HOME', 'HF_TOKEN', 'HF_ENDPOINT', 'HF_HUB_OFFLINE'];

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hub-settings-test-'));
  for (const name of [...names, 'XDG_CACHE_HOME']) vi.stubEnv(name, '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

it("the cache is where the hub's own tools have it", () => {
  expect(hubCacheFolder()).toBe(join(homedir(), '.cache', 'huggingface', 'hub'));
  vi.stubEnv('XDG_CACHE_HOME', '/x');
  expect(hubCacheFolder()).toBe(join('/x', 'huggingface', 'hub'));
  vi.stubEnv('HF_HOME', '/h');
  expect(hubCacheFolder()).toBe(join('/h', 'hub'));
  vi.stubEnv('HF_HUB_CACHE', '/c');
  expect(hubCacheFolder()).toBe('/c');
});

it('the token is the variable, else the file', async () => {
  vi.stubEnv('HF_HOME', home);
  expect((await hubSettings()).token).toBeUndefined();
  await writeFile(join(home, 'token'), 'hf_file\n');
  expect((await hubSettings()).token).toBe('hf_file');
  vi.stubEnv('HF_TOKEN', 'hf_variable');
  expect((await hubSettings()).token).toBe('hf_variable');
});

it('what is no token is refused, and not repeated', async () => {
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_TOKEN', 'hf_se cret');
  await expect(hubSettings()).rejects.toThrow(/^HF_TOKEN holds something that is no token$/);
  vi.stubEnv('HF_TOKEN', '');
  await writeFile(join(home, 'token'), 'hf_se\ncret');
  await expect(hubSettings()).rejects.toThrow(
    new RegExp(`^${join(home, 'token')} holds something that is no token$`),
  );
});

it('HF_HUB_OFFLINE is read as the hub does, and needs no token', async () => {
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_TOKEN', 'no token');
  for (const value of ['1', 'true', 'YES', 'on']) {
    vi.stubEnv('HF_HUB_OFFLINE', value);
    expect(await hubSettings()).toMatchObject({ isOffline: true, token: undefined });
  }
  vi.stubEnv('HF_TOKEN', '');
  for (const value of ['', '0', 'false']) {
    vi.stubEnv('HF_HUB_OFFLINE', value);
    expect(await hubSettings()).toMatchObject({ isOffline: false });
  }
});

it('the endpoint is an address without a slash at its end', async () => {
  vi.stubEnv('HF_HOME', home);
  expect((await hubSettings()).endpoint).toBe('https://huggingface.co');
  vi.stubEnv('HF_ENDPOINT', 'http://localhost:8080/hub/');
  expect((await hubSettings()).endpoint).toBe('http://localhost:8080/hub');
  for (const value of ['huggingface.co', 'ftp://a', 'https://me:secret@a', 'https://a/?x=1']) {
    vi.stubEnv('HF_ENDPOINT', value);
    await expect(hubSettings()).rejects.toThrow(
      /^HF_ENDPOINT is no address of a hub \(valid: https:\/\/HOST, http:\/\/HOST:PORT\)$/,
    );
  }
});
