import { afterAll, beforeAll, expect, it } from 'vitest';
import { psnr } from '../metrics/similarity.ts';
import { assetPath } from '../platform/assets.ts';
import { readImages } from '../platform/images.ts';
import type { RgbImage } from '../tensor/image.ts';
import type { ImageEditor } from './image/editor.ts';
import { openEditor } from './open.ts';

/** The pocket editor, for tiny ones have no layer that is large enough to be rounded. */
let exact: ImageEditor;
let rounded: ImageEditor;
let images: RgbImage[];
beforeAll(async () => {
  exact = await openEditor('pocket');
  rounded = await openEditor('pocket', { precision: 'int8' });
  images = await readImages(
    ['cougar', 'lobster'].map((name) => assetPath('demo', 'test', name, '000.jpg')),
  );
});
afterAll(async () => {
  await exact.dispose();
  await rounded.dispose();
});
const key = { prompt: 'with oil pastel' };

it('edits nearly alike in integers, and is another editor by its hash', async () => {
  const [a, b] = [await exact.edit(images, key), await rounded.edit(images, key)];
  for (const [i, image] of a.entries()) {
    expect(psnr(image, b[i])).toBeGreaterThan(30);
    expect(psnr(image, b[i])).toBeLessThan(Infinity);
  }
  expect(rounded.identity.hash).not.toBe(exact.identity.hash);
  expect(rounded.precision).toBe('int8');
});

it('edits each picture by itself, although integers depend on the whole batch', async () => {
  const together = await rounded.edit(images, key);
  for (const [i, image] of images.entries()) {
    expect(await rounded.edit([image], key)).toEqual([together[i]]);
  }
});
