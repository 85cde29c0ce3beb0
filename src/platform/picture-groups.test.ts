import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RgbImage } from '../tensor/image.ts';
import { decodersAtOnce } from './images.ts';
import { pictureGroups } from './picture-groups.ts';

/** A picture of so many bytes. */
const picture = (bytes: number): RgbImage => ({ width: 1, height: 1, data: new Uint8Array(bytes) });

it('gives every picture once, in order, and no more at once than it may', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 300 }),
      async (sizes, pictures, bytes) => {
        const seen: number[] = [];
        const read = async (size: number): Promise<RgbImage> => picture(size);
        for await (const { things, images } of pictureGroups(sizes, read, { pictures, bytes })) {
          expect(images.map(({ data }) => data.length)).toEqual(things);
          expect(things.length).toBeGreaterThan(0);
          expect(things.length).toBeLessThanOrEqual(pictures);
          // Those that were begun before the others' sizes were known come on top.
          const held = things.reduce((a, b) => a + b, 0);
          expect(held).toBeLessThan(bytes + decodersAtOnce * 101);
          seen.push(...things);
        }
        expect(seen).toEqual(sizes);
      },
    ),
  );
});

it('stops reading at the first that cannot be read', async () => {
  let begun = 0;
  const read = async (): Promise<RgbImage> => {
    begun += 1;
    throw new Error('broken');
  };
  const groups = pictureGroups(Array.from({ length: 50 }), read);
  await expect(groups.next()).rejects.toThrow('broken');
  expect(begun).toBeLessThanOrEqual(decodersAtOnce);
});
