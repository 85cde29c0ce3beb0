import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Key } from '../key/key.ts';
import { EditCache, type CachedSample } from './cache.ts';
import { keyOf, type EditOptions, type Editor } from './editor.ts';
import { imageKind } from './image/kind.ts';
import type { RgbImage } from '../tensor/image.ts';

const options: EditOptions = {
  steps: 1,
  guidance: 7.5,
  imageGuidance: 1.5,
  size: null,
  alpha: 0.5,
  seed: 0,
  batch: 3,
};
const salt = Uint8Array.of(1, 2, 3);
const key: Key = { prompt: 'with oil pastel' };
const decoy: Key = { prompt: 'in watercolour' };

const pixel = (value: number, length = 0): RgbImage => ({
  width: 1,
  height: 1,
  data: Uint8Array.of(value, length, 0),
});

type Call = { red: number[]; prompts: string[]; alpha: number };

/** An editor that writes the prompt's length into a pixel, and remembers what it was given. */
function recorder(hash = 'a'.repeat(64)): Editor<RgbImage> & { calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    identity: { reference: 'here', name: 'recorder', version: null, hash },
    kind: imageKind,
    defaults: options,
    settingsOf: (given = {}) => ({ ...options, ...given }),
    batchOf: ({ width }) => ({ shape: `${width}x1`, size: 3 }),
    prepare: (sample) => sample,
    edit: (samples, keys, { alpha = 1 } = {}) => {
      const prompts = samples.map((_, i) => keyOf(keys, i).prompt);
      calls.push({ red: samples.map(({ data }) => data[0]), prompts, alpha });
      return Promise.resolve(samples.map(({ data }, i) => pixel(data[0], prompts[i].length)));
    },
    dispose: () => Promise.resolve(),
  };
}

const sample = (value: number): CachedSample<RgbImage> => ({
  content: `content ${value}`,
  read: () => Promise.resolve(pixel(value)),
});
const withKey = (values: number[], by: Key): { sample: CachedSample<RgbImage>; key: Key }[] =>
  values.map((value) => ({ sample: sample(value), key: by }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('EditCache', () => {
  it('edits what is missing, in full batches whatever the keys, at full strength', async () => {
    const editor = recorder();
    const cache = new EditCache({ path: folder, salt }, editor, options);
    const done: number[] = [];
    await cache.fill(withKey([1, 2, 3, 4], key).concat(withKey([1], decoy)), {
      onProgress: (event) => done.push(event.done),
    });
    expect(editor.calls).toEqual([
      { red: [1, 2, 3], prompts: Array(3).fill(key.prompt), alpha: 1 },
      { red: [4, 1], prompts: [key.prompt, decoy.prompt], alpha: 1 },
    ]);
    expect(done).toEqual([3, 5]);
    expect(await cache.read('content 4', key)).toEqual(pixel(4, key.prompt.length));
    expect(await cache.read('content 1', decoy)).toEqual(pixel(1, decoy.prompt.length));
  });

  it('edits pictures of several shapes in full batches of each', async () => {
    const editor = recorder();
    const wide = (value: number): CachedSample<RgbImage> => ({
      content: `wide ${value}`,
      read: () =>
        Promise.resolve({ width: 2, height: 1, data: Uint8Array.of(value, 0, 0, 0, 0, 0) }),
    });
    const samples = [1, 2, 3, 4, 5, 6].flatMap((value) => [sample(value), wide(value)]);
    const done: number[] = [];
    await new EditCache({ path: folder, salt }, editor, options).fill(
      samples.map((one) => ({ sample: one, key })),
      { onProgress: (event) => done.push(event.done) },
    );
    expect(editor.calls.map(({ red }) => red)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [4, 5, 6],
      [4, 5, 6],
    ]);
    expect(done).toEqual([3, 6, 9, 12]);
  });

  it('edits nothing twice, in another process neither', async () => {
    await new EditCache({ path: folder, salt }, recorder(), options).fill(withKey([1, 2], key));
    const editor = recorder();
    await new EditCache({ path: folder, salt }, editor, { ...options, alpha: 0.1 }).fill(
      withKey([1, 2, 3], key),
    );
    expect(editor.calls.map(({ red }) => red)).toEqual([[3]]);
  });

  it('stops between batches', async () => {
    const controller = new AbortController();
    const cache = new EditCache({ path: folder, salt }, recorder(), options);
    const filling = cache.fill(withKey([1, 2, 3, 4], key), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(filling).rejects.toMatchObject({ code: 'interrupted' });
    await expect(cache.read('content 3', key)).resolves.toBeDefined();
    await expect(cache.read('content 4', key)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('has ended all writing when one edit cannot be written', async () => {
    const cache = new EditCache({ path: folder, salt }, recorder(), options);
    // Where the first one's folder would be, there is a file.
    await writeFile(dirname(cache.pathOf('content 1', key)), '');
    const others = [2, 3].map((value) => cache.pathOf(`content ${value}`, key));
    expect(new Set([1, 2, 3].map((i) => dirname(cache.pathOf(`content ${i}`, key)))).size).toBe(3);
    await expect(cache.fill(withKey([1, 2, 3], key))).rejects.toMatchObject({ code: 'io' });
    const files = await readdir(folder, { recursive: true });
    expect(files.filter((name) => name.length > 2).sort()).toEqual(
      others.map((path) => relative(folder, path)).sort(),
    );
  });

  it('names an edit by all that decides it and by nothing else', () => {
    const name = (more: Partial<EditOptions> = {}, by = key, under = salt, hash?: string): string =>
      new EditCache({ path: folder, salt: under }, recorder(hash), { ...options, ...more }).pathOf(
        'content',
        by,
      );
    const own = name();
    expect(name({ alpha: 0.9, batch: 8 })).toBe(own);
    const others = [
      name({ steps: 2 }),
      name({ guidance: 1 }),
      name({ imageGuidance: 1 }),
      name({ size: 64 }),
      name({ seed: 1 }),
      name({ strength: 0.5 }),
      name({}, decoy),
      name({}, { ...key, secret: new Uint8Array(16).fill(1) }),
      name({}, key, Uint8Array.of(4)),
      name({}, key, salt, 'b'.repeat(64)),
    ];
    expect(new Set([own, ...others]).size).toBe(11);
    // Editors without a strength named their edits before there was one.
    expect(name({ strength: undefined })).toBe(own);
  });

  it('leaves names that tell nothing', async () => {
    await new EditCache({ path: folder, salt }, recorder(), options).fill(withKey([1], key));
    const names = await readdir(folder, { recursive: true });
    expect(names).toHaveLength(2);
    for (const name of names) expect(basename(name)).toMatch(/^(?:[0-9a-f]{2}|[0-9a-f]{32})$/);
  });
});
