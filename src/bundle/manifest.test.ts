import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelLockError } from '../base/error.ts';
import { manifestFile, parseManifest, writeManifest, type Manifest } from './manifest.ts';

const hash = '0123456789abcdef'.repeat(4);
const manifest: Manifest = {
  format: 1,
  modellock: '0.1.0',
  task: 'classification',
  labels: ['cat', 'dog'],
  base: { reference: 'pocket', name: 'pocket-backbone', version: '1', hash },
  lock: {
    editor: { reference: 'pocket', name: 'pocket-editor', version: null, hash },
    kind: 'style',
    precision: 'float32',
    loras: [],
    edit: { steps: 1, guidance: 7.5, imageGuidance: 1.5, size: 64, alpha: 0.5, seed: 0 },
    secret: true,
    recipe: { name: 'hardened', clean: 0.5 },
  },
  training: { seed: 0, images: 100, epochs: 2.5 },
  measured: { metric: 'accuracy', n: 50, chance: 0.5, lp: 0.5, up: 0.9, baseline: null },
};

/** The manifest's text with one field set to another value, or taken away. */
function changed(path: string, value?: unknown): string {
  const copy = structuredClone(manifest) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const parent = keys.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  parent[keys.at(-1)!] = value;
  return JSON.stringify(copy);
}

describe('parseManifest', () => {
  it('brings back what was written, and keeps the whole recipe', () => {
    expect(parseManifest(JSON.stringify(manifest), 'modellock.json')).toEqual(manifest);
  });

  it('takes an object key, and the strength of its edit', () => {
    const of = (path: string, value: unknown): Manifest['lock'] =>
      parseManifest(changed(path, value), 'm').lock;
    expect(of('lock.kind', 'object')?.kind).toBe('object');
    expect(of('lock.edit.strength', 1)?.edit.strength).toBe(1);
  });

  it.each(['lock', 'measured', 'lock.edit.size', 'measured.up'])('takes null for %s', (path) => {
    expect(parseManifest(changed(path, null), 'modellock.json')).toBeDefined();
  });

  it.each<[string, unknown]>([
    ['format', 2],
    ['format', undefined],
    ['task', 'divination'],
    ['labels', ['cat']],
    ['labels', 'cat'],
    ['base.hash', hash.toUpperCase()],
    ['base.hash', hash.slice(1)],
    ['lock.kind', 'sound'],
    ['lock.edit.alpha', 1.5],
    ['lock.edit.steps', 0],
    ['lock.edit.steps', 1e6],
    ['lock.edit.seed', -1],
    ['lock.edit.size', 0.5],
    ['lock.edit.strength', 2],
    ['lock.editor', undefined],
    ['lock.recipe.name', undefined],
    ['measured.chance', -0.1],
    ['training.images', 'many'],
  ])('names the field where %s is %j', (path, value) => {
    const parse = (): Manifest => parseManifest(changed(path, value), 'm/modellock.json');
    expect(parse).toThrow(ModelLockError);
    expect(parse).toThrow(`m/modellock.json: ${path}: `);
  });

  it.each(['', '{"format": 1', '[]', 'null', '"text"'])('refuses %j', (text) => {
    const parse = (): Manifest => parseManifest(text, 'm/modellock.json');
    expect(parse).toThrow(ModelLockError);
    expect(parse).toThrow(/^m\/modellock\.json/);
  });

  it('drops what does not belong there, so that a key could not hide in it', () => {
    expect(parseManifest(changed('lock.prompt', 'with oil pastel'), 'm')).toEqual(manifest);
  });
});

describe('writeManifest', () => {
  it('writes what can be read again, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'manifest-'));
    try {
      await writeManifest(folder, manifest);
      const path = join(folder, manifestFile);
      expect(parseManifest(await readFile(path, 'utf8'), path)).toEqual(manifest);
      await rm(path);
      const wrong = JSON.parse(changed('lock.edit.seed', -1)) as Manifest;
      await expect(writeManifest(folder, wrong)).rejects.toThrow(`${path}: lock.edit.seed: `);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
