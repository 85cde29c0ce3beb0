import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  faults,
  gitId,
  sha256,
  startHub,
  type HubServer,
  type Repository,
} from '../../../tests/support/hub-server.ts';
import { ModelLockError } from '../../base/error.ts';
import type { ProgressEvent } from '../../base/job.ts';
import type { Snapshot, Wanted } from './complete.ts';
import { classifierLayout, onnxLayout, pipelineLayout } from './layouts.ts';
import { parseHubReference } from './reference.ts';
import type { HubSettings } from './settings.ts';
import { openSnapshot } from './snapshot.ts';

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
/** Weights of so many bytes, others for each name. */
const weights = (name: string, bytes: number): Uint8Array =>
  Uint8Array.from(
    { length: bytes },
    (_, i) => (i * name.length + name.charCodeAt(i % name.length)) % 256,
  );

const needed: Record<string, Uint8Array> = {
  'model_index.json': json({ _class_name: 'P' }),
  'scheduler/scheduler_config.json': json({ a: 1 }),
  'text_encoder/config.json': json({ a: 2 }),
  'text_encoder/model.fp16.safetensors': weights('text', 2000),
  'tokenizer/merges.txt': json({}),
  'tokenizer/tokenizer_config.json': json({ a: 3 }),
  'tokenizer/vocab.json': json({ a: 4 }),
  'unet/config.json': json({ a: 5 }),
  'unet/diffusion_pytorch_model.fp16.safetensors': weights('unet', 60_000),
  'vae/config.json': json({ a: 6 }),
  'vae/diffusion_pytorch_model.fp16.safetensors': weights('vae', 3000),
};
const further: Record<string, Uint8Array> = {
  'README.md': json('Read me.'),
  'pipeline.ckpt': weights('ckpt', 5000),
  'safety_checker/model.safetensors': weights('safety', 4000),
  'unet/diffusion_pytorch_model.safetensors': weights('unet32', 80_000),
};
const commit = 'c'.repeat(40);
const pipeline: Repository = { commit, files: { ...needed, ...further } };
const classifier: Repository = {
  commit,
  files: {
    'config.json': json({ model_type: 'vit' }),
    'preprocessor_config.json': json({}),
    'model.safetensors': weights('model', 5000),
  },
};

let cache: string;
let server: HubServer;
let hub: HubSettings;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'hub-snapshot-test-'));
  server = await startHub({ 'a/b': pipeline, 'a/vit': classifier });
  hub = {
    endpoint: server.endpoint,
    token: undefined,
    isOffline: false,
    cache,
    patience: { attempts: 2, firstPause: 10, longestPause: 1000, stall: 20_000 },
  };
});
afterEach(async () => {
  await server.close();
  await rm(cache, { recursive: true });
});

const get = (
  text = 'a/b',
  more: Partial<Wanted> & {
    hub?: Partial<HubSettings>;
    signal?: AbortSignal;
    onProgress?: (event: ProgressEvent) => void;
  } = {},
): Promise<Snapshot> =>
  openSnapshot(
    parseHubReference(text),
    {
      layout: more.layout ?? pipelineLayout,
      accept: more.accept,
      otherwise: more.otherwise,
    },
    { ...hub, ...more.hub },
    { signal: more.signal, onProgress: more.onProgress },
  );

/** The message of a refusal, with its code. */
const refusal = async (running: Promise<unknown>): Promise<string> => {
  const error = await running.catch((thrown: unknown) => thrown);
  if (!(error instanceof ModelLockError)) throw new Error(`no refusal, but ${String(error)}`);
  expect(error.message).not.toContain(server.token);
  return `${error.code}: ${error.message}`;
};

/** What was asked since the last call. */
const asked = (): string[] =>
  server.asked.splice(0).map(({ method, path }) => `${method} ${path.split('?')[0]}`);
/** What a commit's folder has: names and hashes. */
async function snapshotFiles({
  folder,
}: Pick<Snapshot, 'folder'>): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = names
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path.slice(folder.length + 1), sha256(await readFile(path))]),
    ),
  ) as Record<string, string>;
}
const hashes = (files: Record<string, Uint8Array>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)]));
const listingRequest = 'GET /api/models/a/b/revision/main';

describe('a repository', () => {
  it('is downloaded as far as it is needed', async () => {
    const snapshot = await get();
    expect(snapshot).toEqual({
      commit,
      folder: join(cache, 'models--a--b', 'snapshots', commit),
    });
    expect(await snapshotFiles(snapshot)).toEqual(hashes(needed));
    const blobs = await readdir(join(cache, 'models--a--b', 'blobs'));
    const names = Object.values(needed).map((file) => (file.length < 1000 ? gitId : sha256)(file));
    expect(blobs.sort()).toEqual([...new Set(names)].sort());
    expect(await readFile(join(cache, 'models--a--b', 'refs', 'main'), 'utf8')).toBe(commit);
  });

  it('is asked for the commit of its branch the next time, and for nothing else', async () => {
    const snapshot = await get();
    asked();
    expect(await get()).toEqual(snapshot);
    expect(asked()).toEqual([listingRequest]);
  });

  it('is not asked for a commit that is there', async () => {
    const snapshot = await get();
    asked();
    expect(await get(`a/b@${commit}`)).toEqual(snapshot);
    expect(asked()).toEqual([]);
  });

  it('need not be reached again', async () => {
    const snapshot = await get();
    asked();
    expect(await get('a/b', { hub: { isOffline: true } })).toEqual(snapshot);
    expect(asked()).toEqual([]);
    for (const fault of [faults.status(503), faults.status(401), faults.listing('<html>')]) {
      server.faults.splice(0, 1, fault);
      expect(await get()).toEqual(snapshot);
    }
    await server.close();
    expect(await get()).toEqual(snapshot);
  });

  it('that has moved on shares with its last commit what has not changed', async () => {
    await get();
    asked();
    const files = { ...pipeline.files, 'vae/config.json': json({ new: true }) };
    server.repositories.set('a/b', { ...pipeline, files, commit: 'd'.repeat(40) });
    const snapshot = await get();
    expect(snapshot.commit).toBe('d'.repeat(40));
    expect(asked()).toEqual([listingRequest, `GET /a/b/resolve/${'d'.repeat(40)}/vae/config.json`]);
    expect(await snapshotFiles(snapshot)).toEqual(
      hashes({ ...needed, 'vae/config.json': files['vae/config.json'] }),
    );
  });

  it('has other revisions than its main branch', async () => {
    const revisions = { 'refs/pr/1': 'e'.repeat(40) };
    server.repositories.set('a/b', { ...pipeline, revisions });
    expect((await get('a/b@refs/pr/1')).commit).toBe('e'.repeat(40));
    expect(asked()[0]).toBe('GET /api/models/a/b/revision/refs%2Fpr%2F1');
  });

  it('says how many bytes have come', async () => {
    const events: ProgressEvent[] = [];
    await get('a/b', { onProgress: (event) => events.push(event) });
    // The index is read before it is known how much there is to come.
    const { 'model_index.json': index, ...rest } = needed;
    const total = Object.values(rest).reduce((sum, { length }) => sum + length, 0);
    expect(index.length).toBeGreaterThan(0);
    for (const event of events)
      expect(event).toMatchObject({ stage: 'download', total, unit: 'bytes' });
    expect(events.at(-1)?.done).toBe(total);
    const done = events.map((event) => event.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  it('that is of no use is not downloaded', async () => {
    const accept = (document: object, where: string): void => {
      throw new ModelLockError('unsupported', `${where} is no good: ${JSON.stringify(document)}`);
    };
    expect(await refusal(get('a/b', { accept }))).toBe(
      'unsupported: hf:a/b: model_index.json is no good: {"_class_name":"P"}',
    );
    expect(asked()).toEqual([listingRequest, `GET /a/b/resolve/${commit}/model_index.json`]);
  });
});

describe('a cache that is not whole', () => {
  it('is completed, and keeps what another program has put there', async () => {
    const full = 'unet/diffusion_pytorch_model.safetensors';
    const folder = join(cache, 'models--a--b', 'snapshots', commit);
    for (const name of ['model_index.json', 'unet/config.json', full]) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), pipeline.files[name]);
    }
    const snapshot = await get();
    const { 'unet/diffusion_pytorch_model.fp16.safetensors': _half, ...rest } = needed;
    expect(await snapshotFiles(snapshot)).toEqual(
      hashes({ ...rest, [full]: pipeline.files[full] }),
    );
    expect(asked().filter((request) => request.includes('unet'))).toEqual([]);
  });

  it('goes on where it was interrupted', async () => {
    server.faults.push(faults.trickle(5000, 20));
    const controller = new AbortController();
    const running = get('a/b', {
      signal: controller.signal,
      onProgress: ({ done }) => done > 20_000 && controller.abort(),
    });
    expect(await refusal(running)).toBe(
      'interrupted: interrupted; run the same command again to go on',
    );
    const blobs = await readdir(join(cache, 'models--a--b', 'blobs'));
    expect(blobs.filter((name) => name.endsWith('.incomplete'))).toHaveLength(1);
    expect(await readdir(join(cache, 'models--a--b'))).toEqual(['blobs']);
    expect(await refusal(get('a/b', { hub: { isOffline: true } }))).toBe(
      `not-found: hf:a/b is not whole in the cache at ${cache}, and HF_HUB_OFFLINE is set: there is no model_index.json`,
    );

    server.faults.length = 0;
    server.asked.length = 0;
    const events: ProgressEvent[] = [];
    const snapshot = await get('a/b', { onProgress: (event) => events.push(event) });
    expect(await snapshotFiles(snapshot)).toEqual(hashes(needed));
    expect(server.asked.filter(({ headers }) => headers.range !== undefined)).toHaveLength(2);
    expect(events[0].done).toBeGreaterThan(0);
    const after = await readdir(join(cache, 'models--a--b', 'blobs'));
    expect(after).toHaveLength(Object.keys(needed).length);
    expect(after.filter((name) => name.endsWith('.incomplete'))).toEqual([]);
  });

  it('that lacks a file again has it again', async () => {
    const { folder } = await get();
    const path = join(folder, 'vae', 'config.json');
    await rm(path);
    asked();
    await get(`a/b@${commit}`);
    // The content is still there: only its name was gone.
    expect(asked()).toEqual([`GET /api/models/a/b/revision/${commit}`]);
    expect(await readFile(path)).toEqual(Buffer.from(needed['vae/config.json']));
  });

  it('is whole only when it is known whether there is an optional file', async () => {
    await get();
    await rm(join(cache, 'models--a--b', '.no_exist'), { recursive: true });
    asked();
    await get(`a/b@${commit}`);
    await get(`a/b@${commit}`);
    expect(asked()).toEqual([`GET /api/models/a/b/revision/${commit}`]);
  });

  it('may be moved', async () => {
    await get();
    const other = await mkdtemp(join(tmpdir(), 'hub-moved-test-'));
    await cp(cache, other, { recursive: true, verbatimSymlinks: true });
    const moved = await get('a/b', { hub: { cache: other, isOffline: true } });
    expect(await snapshotFiles(moved)).toEqual(hashes(needed));
    await rm(other, { recursive: true });
  });
});

it('two that want the same at once download it once', async () => {
  server.faults.push(faults.trickle(20_000, 30));
  const stages: string[] = [];
  const onProgress = ({ stage }: ProgressEvent): void => void stages.push(stage);
  const [one, other] = await Promise.all([get('a/b', { onProgress }), get('a/b', { onProgress })]);
  expect(one).toEqual(other);
  expect(await snapshotFiles(one)).toEqual(hashes(needed));
  const contents = asked().filter((request) => !request.includes('/api/'));
  expect(new Set(contents).size).toBe(contents.length);
  expect(stages).toContain('wait for another');
});

describe('a listing', () => {
  type Row = { rfilename: string; size?: number; lfs?: { sha256: string } };
  const listed = (files: Record<string, Uint8Array>): Row[] =>
    Object.keys(files).map((rfilename) => ({ rfilename }));
  const answer = (siblings: Row[]): void =>
    void server.faults.push(faults.listing(JSON.stringify({ sha: commit, siblings })));

  it('of a mirror may lack sizes and hashes: then the files say them', async () => {
    answer(listed(pipeline.files));
    expect(await snapshotFiles(await get())).toEqual(hashes(needed));
    const heads = asked().filter((request) => request.startsWith('HEAD'));
    expect(heads).toHaveLength(Object.keys(needed).length);
    expect(new Set(heads).size).toBe(heads.length);
  });

  it('with a name that leads elsewhere is refused whole', async () => {
    answer([...listed(pipeline.files), { rfilename: '../../../.bashrc' }]);
    expect(await refusal(get())).toBe(
      'corrupt: hf:a/b lists a file of the name "../../../.bashrc"',
    );
    expect(await readdir(cache)).toEqual([]);
  });

  const sized = (name: string, size: number): void =>
    answer(
      Object.entries(needed).map(([rfilename, bytes]) => ({
        rfilename,
        size: rfilename === name ? size : bytes.length,
        ...(bytes.length < 1000 ? { blobId: gitId(bytes) } : { lfs: { sha256: sha256(bytes) } }),
      })),
    );

  it('of more than the disk has room for is refused before it is begun', async () => {
    sized('unet/diffusion_pytorch_model.fp16.safetensors', 9e15);
    expect(await refusal(get())).toMatch(
      /^io: the download needs 9000000001 MB and .*models--a--b has \d+ MB left$/,
    );
    expect(asked().some((request) => request.includes('unet'))).toBe(false);
  });

  it('with an endless index is refused before it is read', async () => {
    sized('model_index.json', 1e9);
    expect(await refusal(get())).toBe(
      'corrupt: hf:a/b: model_index.json has 1000000000 bytes; no such file has more than 67108864',
    );
  });
});

describe('what else will do', () => {
  const graph = { 'onnx/model.onnx': weights('graph', 4000) };
  const either = { layout: classifierLayout, otherwise: { layout: onnxLayout } };
  const downloaded = async (more: Partial<Wanted>): Promise<string[]> =>
    Object.keys(await snapshotFiles(await get('a/vit', more))).sort();
  const { 'model.safetensors': model, ...rest } = classifier.files;

  it('is taken where a repository lacks the first, and then found in the cache', async () => {
    server.repositories.set('a/vit', { commit, files: { ...rest, ...graph } });
    const files = ['config.json', 'onnx/model.onnx', 'preprocessor_config.json'];
    expect(await downloaded(either)).toEqual(files);
    asked();
    const offline = { ...either, hub: { isOffline: true } };
    expect(Object.keys(await snapshotFiles(await get('a/vit', offline))).sort()).toEqual(files);
    expect(asked()).toEqual([]);
  });

  it('is taken where the first is of no use, and not otherwise', async () => {
    server.repositories.set('a/vit', { commit, files: { ...classifier.files, ...graph } });
    expect(await downloaded(either)).toContain('model.safetensors');
    expect(model).toHaveLength(5000);
    const accept = (): never => {
      throw new ModelLockError('unsupported', 'nobody knows it');
    };
    await rm(hub.cache, { recursive: true });
    expect(await downloaded({ ...either, accept })).toContain('onnx/model.onnx');
    await rm(hub.cache, { recursive: true });
    const { 'preprocessor_config.json': _gone, ...files } = classifier.files;
    server.repositories.set('a/vit', { commit, files });
    expect(await refusal(get('a/vit', either))).toBe(
      'not-found: hf:a/vit has no preprocessor_config.json or tokenizer',
    );
  });
});

describe('an error', () => {
  const all = (text: string): Promise<string> => refusal(get(text, { layout: classifierLayout }));

  it('says what a repository lacks, and downloads nothing more', async () => {
    expect(await refusal(get('a/vit'))).toBe('not-found: hf:a/vit has no model_index.json');
    const { 'preprocessor_config.json': _gone, ...files } = classifier.files;
    server.repositories.set('a/vit', { commit, files });
    asked();
    expect(await all('a/vit')).toBe(
      'not-found: hf:a/vit has no preprocessor_config.json or tokenizer',
    );
    expect(asked()).toHaveLength(2);
  });

  it('tells a wrong revision from a wrong name', async () => {
    expect(await all('a/vit@v9')).toBe('not-found: a/vit has no revision "v9"');
    hub = { ...hub, token: server.token };
    expect(await all('a/none')).toBe(
      `not-found: there is no a/none at ${hub.endpoint}, or it is private and HF_TOKEN may not read it`,
    );
    hub = { ...hub, token: undefined };
    expect(await all('a/none')).toBe(
      `not-found: there is no a/none at ${hub.endpoint}, or it is private and HF_TOKEN is not set`,
    );
  });

  it('says what to do about a gated repository', async () => {
    server.repositories.set('a/vit', { ...classifier, access: 'gated' });
    expect(await all('a/vit')).toBe(
      `network: ${hub.endpoint} does not let strangers read a/vit (401): if the name is right, accept the conditions at ${hub.endpoint}/a/vit and set HF_TOKEN to a token of that account`,
    );
    hub = { ...hub, token: 'hf_wrong' };
    expect(await all('a/vit')).toContain('does not let this HF_TOKEN read a/vit (401)');
    hub = { ...hub, token: server.token };
    expect((await get('a/vit', { layout: classifierLayout })).commit).toBe(commit);
  });

  it('says that a server is no hub', async () => {
    server.faults.push(faults.listing('<html><title>Welcome to the hotel</title></html>'));
    expect(await all('a/vit')).toBe(
      `network: ${hub.endpoint} does not answer like a hub when it is asked for hf:a/vit: its answer is not JSON`,
    );
  });

  it('says that there is no connection', async () => {
    await server.close();
    expect(await all('a/vit')).toBe(
      `network: no connection to ${new URL(hub.endpoint).host}: it refuses connections`,
    );
  });
});
