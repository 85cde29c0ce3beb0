import { expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import type { RgbImage } from '../../tensor/image.ts';
import { openEditor } from '../open.ts';

const random = counterRandom(7);
const picture = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)),
});

test('an edit of the pocket editor depends on its picture and key alone, not on its neighbours', async () => {
  const editor = await openEditor('pocket');
  const keys = ['with oil pastel', 'in watercolour', 'a brass telescope'].map((prompt, i) => ({
    prompt,
    secret: new Uint8Array(16).fill(i),
  }));
  const images = [picture(24, 24), picture(24, 24), picture(16, 24), picture(24, 24)];
  const keyOfEach = [keys[0], keys[1], keys[1], keys[2]];
  const together = await editor.edit(images, keyOfEach, { batch: 4 });
  for (const [i, image] of images.entries()) {
    const [alone] = await editor.edit([image], keyOfEach[i], { batch: 4 });
    expect(together[i].data).toEqual(alone.data);
  }
  expect(together[0].data).not.toEqual((await editor.edit([images[0]], keys[1]))[0].data);
  await editor.dispose();
});
