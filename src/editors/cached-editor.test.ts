import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ModelLockError } from '../base/error.ts';
import type { Key } from '../key/key.ts';
import type { RgbImage } from '../tensor/image.ts';
import { CachedEditor } from './cached-editor.ts';
import { keyOf, type EditOptions, type Editor } from './editor.ts';
import { imageKind } from './image/kind.ts';

const options: EditOptions = {
  steps: 1,
  guidance: 1,
  imageGuidance: 1,
  size: null,
  alpha: 0.5,
  seed: 0,
  batch: 2,
};
const salt = Uint8Array.of(1, 2, 3);
const key = { prompt: 'with oil pastel' };

const pixel = (...data: readonly number[]): RgbImage => ({
  width: 1,
  height: 1,
  data: Uint8Array.from(data),
});

/** An editor that darkens before it edits, and paints the prompt's length; it counts its work. */
function painter(): Editor<RgbImage> & { edited: number } {
  const prepare = ({ data }: RgbImage): RgbImage => pixel(data[0] - 1, data[1], data[2]);
  const editor = {
    edited: 0,
    identity: { reference: 'here', name: 'painter', version: null, hash: 'a'.repeat(64) },
    kind: imageKind,
    defaults: options,
    settingsOf: (given: Partial<EditOptions> = {}): EditOptions => {
      if ((given.alpha ?? 0) > 1) throw new ModelLockError('usage', 'edit option alpha is 2');
      return { ...options, ...given };
    },
    batchOf: () => ({ shape: '1x1', size: 2 }),
    prepare,
    edit: (
      samples: readonly RgbImage[],
      keys: Key | readonly Key[],
      { alpha = options.alpha }: Partial<EditOptions> = {},
    ) => {
      editor.edited += samples.length;
      const edits = samples.map((one, i) => {
        const paint = pixel(keyOf(keys, i).prompt.length, 200, 100);
        return imageKind.mix(prepare(one), paint, alpha);
      });
      return Promise.resolve(edits);
    },
    dispose: () => Promise.resolve(),
  };
  return editor;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cached-editor-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const images = [pixel(10, 20, 30), pixel(40, 50, 60), pixel(70, 80, 90)];

it.each([undefined, 0, 0.125, 0.5, 1])(
  'edits as the editor itself does, alpha %s',
  async (alpha) => {
    const cached = new CachedEditor(painter(), { path: folder, salt });
    const strength = alpha === undefined ? {} : { alpha };
    const plain = await painter().edit(images, key, strength);
    expect(await cached.edit(images, key, strength)).toEqual(plain);
    expect(await cached.edit(images, key, strength)).toEqual(plain);
  },
);

it('edits nothing twice, whatever the strength and whoever asks', async () => {
  const editor = painter();
  await new CachedEditor(editor, { path: folder, salt }).edit(images.slice(1), key);
  await new CachedEditor(editor, { path: folder, salt }).edit(images, key, { alpha: 0.1 });
  expect(editor.edited).toBe(images.length);
});

it('edits each picture with a key of its own', async () => {
  const keys = [key, { prompt: 'in watercolour' }, key];
  const plain = await painter().edit(images, keys);
  expect(await new CachedEditor(painter(), { path: folder, salt }).edit(images, keys)).toEqual(
    plain,
  );
});

it('keeps the edits of other keys and options apart', async () => {
  const editor = painter();
  const cached = new CachedEditor(editor, { path: folder, salt });
  await cached.edit(images, key);
  await cached.edit(images, { prompt: 'in watercolour' });
  await cached.edit(images, key, { seed: 1 });
  expect(editor.edited).toBe(3 * images.length);
});

it('refuses what the editor would refuse, also where all is there already', async () => {
  const editor = new CachedEditor(painter(), { path: folder, salt });
  await editor.edit([pixel(9, 9, 9)], key);
  await expect(editor.edit([pixel(9, 9, 9)], key, { alpha: 2 })).rejects.toThrow('alpha is 2');
});
