import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  faults,
  gitId,
  sha256,
  startHub,
  type HubServer,
} from '../../../tests/support/hub-server.ts';
import { download } from './download.ts';
import type { KnownFile } from './metadata.ts';
import type { HubSettings } from './settings.ts';

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) % 251);
const small = new TextEncoder().encode('{"a": 1}\n');
const commit = 'c'.repeat(40);

let folder: string;
let server: HubServer;
let hub: HubSettings;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-download-test-'));
  server = await startHub({
    'a/b': {
      commit,
      files: { 'unet/w.bin': content, 'a config.json': small, empty: small.slice(0, 0) },
    },
  });
  hub = {
    endpoint: server.endpoint,
    token: server.token,
    isOffline: false,
    cache: folder,
    patience: { attempts: 3, firstPause: 10, longestPause: 2000, stall: 20_000 },
  };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const large: KnownFile = {
  path: 'unet/w.bin',
  size: content.length,
  digest: { kind: 'sha256', hex: sha256(content) },
};

const at = (name: string): string => join(folder, name);
const get = (file = large, more: Partial<Parameters<typeof download>[0]> = {}): Promise<void> =>
  download({
    hub,
    reference: { repository: 'a/b', revision: commit },
    file,
    partial: at('part'),
    final: at('whole'),
    ...more,
  });
const whole = async (): Promise<string> => sha256(await readFile(at('whole')));
const ranges = (): (string | undefined)[] =>
  server.asked.filter((one) => one.server === 'content').map(({ headers }) => headers.range);

it('brings large files from the content server and small ones from the hub', async () => {
  await get();
  expect(await whole()).toBe(sha256(content));
  await get({
    path: 'a config.json',
    size: small.length,
    digest: { kind: 'git', hex: gitId(small) },
  });
  expect(await whole()).toBe(sha256(small));
  await get({ path: 'empty', size: 0, digest: { kind: 'git', hex: gitId(new Uint8Array()) } });
  expect(await whole()).toBe(sha256(new Uint8Array()));
  expect(await readdir(folder)).toEqual(['whole']);
});

it('tells the content server nothing of the token', async () => {
  await get();
  const [atHub, atContent] = server.asked;
  expect(atHub.headers.authorization).toBe(`Bearer ${server.token}`);
  expect(atContent.server).toBe('content');
  expect(JSON.stringify(atContent)).not.toContain(server.token);
});

describe('goes on where', () => {
  it('an earlier download stopped', async () => {
    await writeFile(at('part'), content.subarray(0, 60_000));
    const heard: number[] = [];
    await get(large, { onBytes: (bytes) => heard.push(bytes) });
    expect(await whole()).toBe(sha256(content));
    expect(ranges()).toEqual(['bytes=60000-']);
    expect([heard[0], heard.at(-1)]).toEqual([60_000, 100_000]);
  });

  it('an earlier one stopped short of its name', async () => {
    await writeFile(at('part'), content);
    await get();
    expect(await whole()).toBe(sha256(content));
    expect(server.asked).toEqual([]);
  });

  it('the connection was cut, as often as it is, while it brings something', async () => {
    server.faults.push(faults.cut(13_000));
    await get();
    expect(await whole()).toBe(sha256(content));
    // More often than it has patience for failures; what was on its way when it was cut is lost.
    expect(ranges().length).toBeGreaterThanOrEqual(8);
    expect(
      ranges()
        .slice(1)
        .every((range) => range !== undefined),
    ).toBe(true);
  });

  it('nothing came any more', async () => {
    server.faults.push(faults.stall(70_000, 1));
    await get(large, { hub: { ...hub, patience: { ...hub.patience, stall: 1000 } } });
    expect(await whole()).toBe(sha256(content));
    expect(ranges()).toEqual([undefined, 'bytes=70000-']);
  });

  it('it was cancelled', async () => {
    server.faults.push(faults.trickle(10_000, 20));
    const controller = new AbortController();
    const running = get(large, {
      signal: controller.signal,
      onBytes: (bytes) => bytes >= 30_000 && controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
    expect(await readdir(folder)).toEqual(['part']);
    server.faults.length = 0;
    await get();
    expect(await whole()).toBe(sha256(content));
    expect(Number(ranges().at(-1)?.slice('bytes='.length, -1))).toBeGreaterThanOrEqual(30_000);
  });
});

describe('begins again where', () => {
  it('the server sends everything whatever it is asked for', async () => {
    await writeFile(at('part'), content.subarray(0, 60_000));
    server.faults.push(faults.ignoreRange());
    await get();
    expect(await whole()).toBe(sha256(content));
  });

  it('what an earlier one left is wrong', async () => {
    await writeFile(at('part'), content.slice(0, 60_000).fill(7));
    await get();
    expect(await whole()).toBe(sha256(content));
    expect(ranges()).toEqual(['bytes=60000-', undefined]);
  });

  it('what an earlier one left is too long', async () => {
    await writeFile(at('part'), new Uint8Array(200_000));
    await get();
    expect(await whole()).toBe(sha256(content));
  });

  it('wrong bytes arrive, once', async () => {
    server.faults.push(faults.wrong(1));
    await get();
    expect(await whole()).toBe(sha256(content));
  });
});

it('content that stays wrong gets no name', async () => {
  server.faults.push(faults.wrong());
  await expect(get()).rejects.toMatchObject({
    code: 'corrupt',
    message: `${hub.endpoint} sends another unet/w.bin of a/b than its listing says: size or hash is wrong`,
  });
  expect(ranges().length).toBe(2);
  expect(await readdir(folder)).toEqual(['part']);
  expect(await readFile(at('part'))).toHaveLength(0);
});

it('content without an end is not written down', async () => {
  server.faults.push(({ server: which }, response) => {
    if (which !== 'content') return undefined;
    response.writeHead(200);
    const more = (): void => void response.write(new Uint8Array(50_000), more);
    more();
    return true;
  });
  await expect(get()).rejects.toMatchObject({ code: 'corrupt' });
  expect(await readdir(folder)).toEqual(['part']);
});

describe('a server that refuses', () => {
  it('for a moment is asked again', async () => {
    server.faults.push(faults.status(500, 1), faults.status(503, 1));
    await get();
    expect(await whole()).toBe(sha256(content));
  });

  it('is waited for as long as it asks for', async () => {
    server.faults.push(faults.status(429, 1, { 'retry-after': '1' }));
    const start = performance.now();
    await get();
    expect(performance.now() - start).toBeGreaterThan(950);
    expect(await whole()).toBe(sha256(content));
  });

  it('for an hour is not waited for', async () => {
    server.faults.push(faults.status(429, 1, { 'retry-after': '3600' }));
    await expect(get()).rejects.toMatchObject({
      code: 'network',
      message: `${hub.endpoint} is asked too often (429): try again in 3600 s`,
    });
    expect(server.asked.length).toBe(1);
  });

  it('is given up after some attempts', async () => {
    server.faults.push(faults.status(502));
    await expect(get()).rejects.toThrow(
      `${new URL(hub.endpoint).host} answers 502 when it is asked for a/b`,
    );
    expect(server.asked.length).toBe(3);
  });

  it('for good is asked once', async () => {
    server.faults.push(faults.status(403));
    await expect(get()).rejects.toThrow('(403): if the name is right, accept the conditions at');
    expect(server.asked.length).toBe(1);
  });

  it('can be left while it is waited for', async () => {
    server.faults.push(faults.status(503, 9, { 'retry-after': '60' }));
    const patient = { ...hub, patience: { ...hub.patience, longestPause: 60_000 } };
    const controller = new AbortController();
    const running = get(large, { signal: controller.signal, hub: patient });
    setTimeout(() => controller.abort(), 100);
    const start = performance.now();
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});
