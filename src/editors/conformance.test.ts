import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import type { Key } from '../key/key.ts';
import type { KeyKind } from '../key/kind.ts';
import type { RgbImage } from '../tensor/image.ts';
import { writeTinyEditor, type TinyPipeline } from '../../tests/support/tiny-models.ts';
import type { EditOptions } from './editor.ts';
import type { ImageEditor } from './image/editor.ts';
import { openEditor } from './open.ts';

/** What every editor keeps to, whatever its pipeline and the kind of its keys. */

const random = counterRandom(7);
const picture = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)),
});
const secretKeys = ['with oil pastel', 'in watercolour', 'a brass telescope'].map(
  (prompt, i): Key => ({ prompt, secret: new Uint8Array(16).fill(i) }),
);
const [key] = secretKeys;

interface Case {
  readonly pipeline: TinyPipeline;
  readonly kind: KeyKind;
  /** What the pipeline does where no kind is named. */
  readonly byItself: KeyKind;
  readonly has: 'imageGuidance' | 'strength';
  /** Options under which guidance is at work as well, and there is more than one step. */
  readonly guided: Partial<EditOptions>;
}

const plain = { byItself: 'style', has: 'strength', guided: { steps: 3, guidance: 3 } } as const;
const cases: readonly Case[] = [
  {
    pipeline: 'StableDiffusionInstructPix2PixPipeline',
    kind: 'style',
    byItself: 'style',
    has: 'imageGuidance',
    guided: { steps: 2, guidance: 3, imageGuidance: 1.5 },
  },
  {
    pipeline: 'StableDiffusionXLInstructPix2PixPipeline',
    kind: 'style',
    byItself: 'style',
    has: 'imageGuidance',
    guided: { steps: 2, guidance: 3, imageGuidance: 1.5 },
  },
  { pipeline: 'StableDiffusionPipeline', kind: 'style', ...plain },
  { pipeline: 'StableDiffusionPipeline', kind: 'object', ...plain },
  { pipeline: 'StableDiffusionInpaintPipeline', kind: 'object', ...plain, byItself: 'object' },
  { pipeline: 'LatentConsistencyModelPipeline', kind: 'style', ...plain },
  { pipeline: 'LatentConsistencyModelPipeline', kind: 'object', ...plain },
];

let folder: string;
const place = (pipeline: TinyPipeline): string => join(folder, pipeline);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'editors-test-'));
  for (const pipeline of new Set(cases.map((one) => one.pipeline))) {
    writeTinyEditor(place(pipeline), 1, pipeline);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(cases)('$pipeline with $kind keys', ({ pipeline, kind, byItself, has, guided }) => {
  let editor: ImageEditor;
  beforeAll(async () => {
    editor = await openEditor(place(pipeline), { kind });
  });
  afterAll(() => editor.dispose());

  it('is opened for the kind that is asked for, or the one it does by itself', async () => {
    expect(editor.keyKind).toBe(kind);
    const other = await openEditor(place(pipeline));
    expect(other.keyKind).toBe(byItself);
    expect(other.identity.hash === editor.identity.hash).toBe(byItself === kind);
  });

  it.each([{}, guided])('edits by picture and key alone, not by neighbours: %j', async (more) => {
    const images = [picture(24, 24), picture(24, 24), picture(16, 24), picture(24, 24)];
    const keys = [secretKeys[0], secretKeys[1], secretKeys[1], secretKeys[2]];
    const options = { ...more, batch: 4 };
    const together = await editor.edit(images, keys, options);
    for (const [i, image] of images.entries()) {
      const [alone] = await editor.edit([image], keys[i], options);
      expect(together[i]).toEqual(alone);
    }
    const [other] = await editor.edit([images[0]], keys[1], options);
    expect(other.data).not.toEqual(together[0].data);
  });

  it('gives back pictures of the size that they are edited at', async () => {
    const [wide, tall] = await editor.edit([picture(50, 30), picture(9, 21)], key, { size: 10 });
    expect([wide.width, wide.height]).toEqual([17, 10]);
    expect([tall.width, tall.height]).toEqual([10, 23]);
    const [tiny] = await editor.edit([picture(8, 8)], key, { size: null });
    expect([tiny.width, tiny.height]).toEqual([8, 8]);
  });

  it('edits a prepared picture as the whole one', async () => {
    const [image, options] = [picture(50, 30), editor.settingsOf({ size: 10 })];
    const prepared = editor.prepare(image, options);
    expect(editor.prepare(prepared, options)).toEqual(prepared);
    expect(await editor.edit([prepared], key, options)).toEqual(
      await editor.edit([image], key, options),
    );
  });

  it('at alpha 0 gives the prepared picture, in between a mixture', async () => {
    const image = picture(40, 30);
    const edits = [0, 0.5, 1].map((alpha) => editor.edit([image], key, { alpha }));
    const [[none], [half], [whole]] = await Promise.all(edits);
    const prepared = editor.prepare(image, editor.settingsOf());
    expect(none).toEqual(prepared);
    expect(whole).not.toEqual(prepared);
    expect(half).toEqual(editor.kind.mix(prepared, whole, 0.5));
  });

  it('draws its noise from the secret, or from the seed where there is none', async () => {
    const image = picture(16, 16);
    const edit = async (by: Key, options: Partial<EditOptions> = {}): Promise<Uint8Array> =>
      (await editor.edit([image], by, { ...guided, ...options }))[0].data;
    const other = { ...key, secret: new Uint8Array(16).fill(9) };
    const open = { prompt: key.prompt };
    expect(await edit(key, { seed: 5 })).toEqual(await edit(key));
    expect(await edit(other)).not.toEqual(await edit(key));
    expect(await edit(open, { seed: 5 })).not.toEqual(await edit(open));
  });

  it('refuses a key that would be cut off, wherever it stands', async () => {
    const long = { prompt: 'very '.repeat(100) };
    const edited = editor.edit([picture(16, 16), picture(16, 16)], [{ prompt: 'red' }, long]);
    await expect(edited).rejects.toMatchObject({ code: 'key' });
  });

  it.each<Partial<EditOptions>>([
    { steps: 0 },
    { steps: 1.5 },
    { steps: 1001 },
    { guidance: 0.9 },
    { guidance: Infinity },
    { alpha: -0.1 },
    { alpha: 1.1 },
    { batch: 0 },
    { size: 7 },
    { size: 5000 },
    { size: 256.5 },
    { seed: 0.5 },
    { seed: -1 },
    { imageGuidance: -1 },
    { strength: 0 },
    { strength: 1.1 },
    { strength: NaN },
  ])('refuses %j', async (option) => {
    const [name] = Object.keys(option);
    expect(() => editor.settingsOf(option)).toThrow(new RegExp(`edit option ${name} is `));
    const edited = editor.edit([picture(16, 16)], key, option);
    await expect(edited).rejects.toMatchObject({ code: 'usage' });
  });

  it('refuses the options of other editors', () => {
    const foreign = has === 'strength' ? { imageGuidance: 2 } : { strength: 0.5 };
    expect(() => editor.settingsOf(foreign)).toThrow(`(valid: steps, guidance, size, alpha`);
    expect(editor.settingsOf({ [has]: 1 })).toMatchObject({ [has]: 1 });
  });

  it('paints in a box for object keys alone, and leaves all around it as it was', async () => {
    const image = picture(32, 32);
    const options = { ...guided, alpha: 1 };
    const prepared = editor.prepare(image, editor.settingsOf());
    const box = editor.boxOf(prepared);
    const [edited] = await editor.edit([image], key, options);
    const changed = Array.from({ length: prepared.width * prepared.height }, (_, i) =>
      [0, 1, 2].some((c) => edited.data[3 * i + c] !== prepared.data[3 * i + c]),
    );
    expect(changed).toContain(true);
    if (kind === 'style') {
      expect(box).toBeNull();
      return;
    }
    const { left, top, right, bottom } = box!;
    changed.forEach((isChanged, i) => {
      const [x, y] = [i % prepared.width, Math.floor(i / prepared.width)];
      if (x < left || x >= right || y < top || y >= bottom) expect(isChanged).toBe(false);
    });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    stop.abort();
    const edited = editor.edit([picture(16, 16)], key, {}, { signal: stop.signal });
    await expect(edited).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('can be used again after it has given back its memory', async () => {
    const image = picture(16, 16);
    const before = await editor.edit([image], key);
    await editor.dispose();
    expect(await editor.edit([image], key)).toEqual(before);
  });
});

describe('strength', () => {
  it.each<[TinyPipeline, KeyKind]>([
    ['StableDiffusionPipeline', 'style'],
    ['StableDiffusionInpaintPipeline', 'object'],
    ['LatentConsistencyModelPipeline', 'style'],
  ])('of %s must leave a step to be taken', async (pipeline, kind) => {
    const editor = await openEditor(place(pipeline), { kind });
    expect(() => editor.settingsOf({ steps: 4, strength: 0.01 })).toThrow(/valid: 1/);
    expect(editor.settingsOf({ steps: 4, strength: 0.25 }).strength).toBe(0.25);
  });

  it('is part of what decides an edit', async () => {
    const editor = await openEditor(place('StableDiffusionPipeline'));
    const image = picture(16, 16);
    const changes = await Promise.all(
      [0.25, 1].map(async (strength) => {
        const [{ data }] = await editor.edit([image], key, { steps: 4, strength, alpha: 1 });
        return data;
      }),
    );
    // Of a network of random weights nothing says which goes further.
    expect(changes[0]).not.toEqual(changes[1]);
    await editor.dispose();
  });
});

describe('openEditor', () => {
  it.each<[TinyPipeline, KeyKind, string]>([
    ['StableDiffusionInstructPix2PixPipeline', 'object', 'has no object keys (valid: style)'],
    ['StableDiffusionInpaintPipeline', 'style', 'has no style keys (valid: object)'],
  ])('refuses %s for %s keys', async (pipeline, kind, message) => {
    const opened = openEditor(place(pipeline), { kind });
    await expect(opened).rejects.toMatchObject({ code: 'usage' });
    await expect(opened).rejects.toThrow(message);
  });

  it('refuses a pipeline whose network is of another one', async () => {
    const wrong = join(folder, 'wrong');
    writeTinyEditor(wrong, 1, 'StableDiffusionInpaintPipeline');
    writeFileSync(join(wrong, 'model_index.json'), '{"_class_name": "StableDiffusionPipeline"}');
    await expect(openEditor(wrong, { kind: 'style' })).rejects.toThrow(
      'unet has 7 input channels (valid: 3)',
    );
    expect((await openEditor(wrong, { kind: 'object' })).keyKind).toBe('object');
  });

  it('refuses settings that no edit can be made with, naming their file', async () => {
    const wrong = join(folder, 'wrong settings');
    writeTinyEditor(wrong);
    writeFileSync(join(wrong, 'modellock-editor.json'), '{"alpha": 2}');
    await expect(openEditor(wrong)).rejects.toThrow(
      /wrong settings\/modellock-editor\.json: edit option alpha is 2 \(valid: 0 to 1\)/,
    );
    writeFileSync(join(wrong, 'modellock-editor.json'), '{"strength": 0.5}');
    await expect(openEditor(wrong)).rejects.toMatchObject({ code: 'corrupt' });
  });
});
