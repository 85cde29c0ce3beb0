import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyPhotographs } from '../../tests/support/photographs.ts';
import { writeTinyEditor } from '../../tests/support/tiny-models.ts';
import { encodeImage } from '../platform/images.ts';
import { edit, type EditJobOptions } from './edit.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edit-test-'));
  writeTinyEditor(join(folder, 'editor'), 1, 'StableDiffusionInpaintPipeline');
});
afterEach(() => rm(folder, { recursive: true }));

async function picture(name: string, value: number): Promise<string> {
  const data = new Uint8Array(16 * 16 * 3).map((_, i) => (i * value) % 256);
  const path = join(folder, name);
  await writeFile(path, await encodeImage({ width: 16, height: 16, data }));
  return path;
}

const job = (inputs: readonly string[], out: string): EditJobOptions => ({
  editor: join(folder, 'editor'),
  key: { prompt: 'a brass telescope' },
  inputs,
  out: join(folder, out),
  showMask: true,
});

it('refuses pictures of which one would get the name of the mask of another', async () => {
  const inputs = [await picture('a.png', 3), await picture('a.mask.png', 5)];
  await expect(edit(job(inputs, 'out'))).rejects.toThrow('would both become a.mask.png');
  const { images } = await edit({ ...job(inputs, 'out'), showMask: false });
  expect(images).toBe(2);
});

it('goes on in a folder that it makes its pictures in', async () => {
  await mkdir(join(folder, 'around'));
  for (let i = 0; i < 66; i++) await picture(`around/${i}.png`, i + 1);
  const inside = { ...job([join(folder, 'around')], 'around/out'), showMask: false };
  const stop = new AbortController();
  const onProgress: EditJobOptions['onProgress'] = ({ stage }) => {
    if (stage === 'edit') stop.abort();
  };
  const stopped = edit({ ...inside, signal: stop.signal, onProgress });
  await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
  expect((await edit(inside)).images).toBe(66);
});

it('interrupted between two groups goes on with pictures and masks that were missing', async () => {
  const names = Array.from({ length: 66 }, (_, i) => `${i}.png`);
  const inputs = await Promise.all(names.map((name, i) => picture(name, i + 1)));
  const whole = join(folder, 'whole');
  await edit(job(inputs, 'whole'));
  const stop = new AbortController();
  const stopped = edit({
    ...job(inputs, 'out'),
    signal: stop.signal,
    onProgress: ({ stage }) => {
      if (stage === 'edit') stop.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
  expect(await readdir(join(folder, 'out.work', 'pictures'))).toHaveLength(2 * 64);
  await edit(job(inputs, 'out'));
  const made = (await readdir(whole)).sort();
  expect(made).toHaveLength(2 * 66);
  expect((await readdir(join(folder, 'out'))).sort()).toEqual(made);
  for (const name of made) {
    expect(await readFile(join(folder, 'out', name))).toEqual(await readFile(join(whole, name)));
  }
});

it('compares the first pictures with those in single precision, where another is asked for', async () => {
  // The pocket editor, for tiny ones have no layer that is large enough to be rounded.
  const photographs = copyPhotographs(join(folder, 'photos'), 5, { classes: ['lobster'] });
  const rounded = {
    inputs: photographs,
    editor: 'pocket',
    key: { prompt: 'with oil pastel' },
    precision: 'int8',
  } as const;
  const { fidelity } = await edit({ ...rounded, out: join(folder, 'compared'), compare: true });
  expect(fidelity).toEqual({ psnr: expect.any(Number) as number, images: 4 });
  expect(fidelity!.psnr).toBeGreaterThan(25);
  const single = { ...rounded, precision: 'float32', compare: true } as const;
  for (const job of [rounded, single]) {
    const out = join(folder, job.precision);
    expect(await edit({ ...job, inputs: photographs.slice(0, 1), out })).toMatchObject({
      images: 1,
      fidelity: null,
    });
  }
});
