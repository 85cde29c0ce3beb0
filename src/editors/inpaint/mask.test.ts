import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { assetPath } from '../../platform/assets.ts';
import { decodeImage, encodeImage, readImages } from '../../platform/images.ts';
import type { RgbImage } from '../../tensor/image.ts';
import type { Box } from '../image/box.ts';
import { objectBox } from './mask.ts';
import { borderContrast, type Saliency } from './saliency.ts';

type Colour = readonly [number, number, number];

/** A picture by the colour at each place. */
function painted(width: number, height: number, at: (x: number, y: number) => Colour): RgbImage {
  const data = Uint8Array.from(
    Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))).flat(),
  );
  return { width, height, data };
}

const grass: Colour = [80, 140, 60];
const fur: Colour = [200, 120, 40];

/** A disc on plain ground; place and radius in shares of the sides. */
const withSubject = (cx: number, cy: number, radius = 0.2, width = 96, height = 96): RgbImage =>
  painted(width, height, (x, y) =>
    Math.hypot((x + 0.5) / width - cx, (y + 0.5) / height - cy) < radius ? fur : grass,
  );

/** Pixels of the subject in a box. */
const covered = ({ width, data }: RgbImage, box: Box): number =>
  Array.from({ length: data.length / 3 }, (_, i) => [i % width, Math.floor(i / width)]).filter(
    ([x, y], i) =>
      data[3 * i] === fur[0] && x >= box.left && x < box.right && y >= box.top && y < box.bottom,
  ).length;

const name = ({ left, top, right, bottom }: Box): string => `${left},${top} ${right},${bottom}`;
const noisy = (image: RgbImage, seed: number): RgbImage => {
  const random = counterRandom(seed);
  const data = image.data.map((v) => Math.min(255, Math.max(0, v + random.integer(3) - 1)));
  return { ...image, data };
};

describe('the box of an object key', () => {
  it.each<[string, number, number]>([
    ['left', 0.25, 0.5],
    ['right', 0.75, 0.5],
    ['upper', 0.5, 0.25],
    ['lower', 0.5, 0.75],
    ['lower left', 0.2, 0.8],
    ['lower right', 0.8, 0.8],
  ])('lies on another side than a subject in the %s part', (_, x, y) => {
    const image = withSubject(x, y);
    const box = objectBox(image, 8);
    expect(covered(image, box)).toBe(0);
    const [dx, dy] = [(box.left + box.right) / 192 - 0.5, (box.top + box.bottom) / 192 - 0.5];
    expect(dx * (x - 0.5) + dy * (y - 0.5)).toBeLessThan(0);
  });

  it('keeps off a subject that touches a border', () => {
    for (const [x, y] of [
      [0, 0.5],
      [1, 0.5],
      [0.5, 0],
      [0.5, 1],
    ]) {
      const image = withSubject(x, y, 0.3);
      expect(covered(image, objectBox(image, 8))).toBe(0);
    }
  });

  it('takes a corner where the subject is in the middle, which leaves nearly all of it', () => {
    const image = withSubject(0.5, 0.5);
    const box = objectBox(image, 8);
    expect(box).toMatchObject({ left: 0, bottom: 96 });
    const all = covered(image, { left: 0, top: 0, right: 96, bottom: 96 });
    expect(covered(image, box)).toBeLessThan(0.06 * all);
  });

  it('moves when the subject moves', () => {
    const places = [0.2, 0.8].flatMap((x) => [0.2, 0.8].map((y) => withSubject(x, y)));
    const boxes = new Set(places.map((image) => name(objectBox(image, 8))));
    expect(boxes.size).toBe(4);
  });

  it('is the lowest, then leftmost one where there is no subject, with noise or without', () => {
    const flat = painted(64, 64, () => grass);
    expect(objectBox(flat, 8)).toEqual({ left: 0, top: 32, right: 32, bottom: 64 });
    for (const seed of [1, 2, 3])
      expect(objectBox(noisy(flat, seed), 8)).toEqual(objectBox(flat, 8));
  });

  it.each<[number, number, number, Box]>([
    [8, 8, 8, { left: 0, top: 0, right: 8, bottom: 8 }],
    [8, 8, 2, { left: 0, top: 4, right: 4, bottom: 8 }],
    [1, 1, 8, { left: 0, top: 0, right: 8, bottom: 8 }],
    [1000, 10, 2, { left: 0, top: 0, right: 200, bottom: 10 }],
    [3, 200, 2, { left: 0, top: 160, right: 4, bottom: 200 }],
  ])('fits into a flat picture of %dx%d, latents of %d pixels', (width, height, factor, box) => {
    expect(
      objectBox(
        painted(width, height, () => grass),
        factor,
      ),
    ).toEqual(box);
  });

  it('goes to the other end of a panorama', () => {
    const left = withSubject(0.1, 0.5, 0.08, 800, 64);
    expect(objectBox(left, 8).left).toBeGreaterThan(400);
  });

  test('lies on the grid of latents, in the picture, and is about a fifth of it', () => {
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 90 }),
      height: fc.integer({ min: 1, max: 90 }),
      factor: fc.constantFrom(1, 2, 4, 8),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(sizes, ({ width, height, factor, seed }) => {
        const random = counterRandom(seed);
        const image = painted(width, height, () => [random.integer(256), 0, random.integer(256)]);
        const box = objectBox(image, factor);
        for (const side of Object.values(box)) expect(side % factor).toBe(0);
        expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
        expect(box.right).toBeGreaterThan(box.left);
        expect(box.bottom).toBeGreaterThan(box.top);
        expect(box.right).toBeLessThan(width + factor);
        expect(box.bottom).toBeLessThan(height + factor);
        if (Math.min(width, height) >= 8 * factor) {
          const share = ((box.right - box.left) * (box.bottom - box.top)) / (width * height);
          expect(share).toBeGreaterThan(0.14);
          expect(share).toBeLessThan(0.27);
        }
        expect(objectBox({ ...image, data: image.data.slice() }, factor)).toEqual(box);
      }),
    );
  });
});

/** The share of a picture's saliency in a box. */
function mass({ width, height, data }: Saliency, picture: RgbImage, box: Box): number {
  let [inside, all] = [0, 0];
  data.forEach((value, i) => {
    const x = (((i % width) + 0.5) / width) * picture.width;
    const y = ((Math.floor(i / width) + 0.5) / height) * picture.height;
    all += value;
    if (x > box.left && x < box.right && y > box.top && y < box.bottom) inside += value;
  });
  return all === 0 ? 0 : inside / all;
}

describe('on photographs', () => {
  const folder = join(assetPath('demo'), 'test');
  const paths = readdirSync(folder)
    .sort()
    .flatMap((name) =>
      ['000.jpg', '001.jpg', '002.jpg', '003.jpg'].map((f) => join(folder, name, f)),
    );
  const boxOf = (image: RgbImage): string => name(objectBox(image, 8));

  it('differs between pictures, and covers less of the subject than boxes elsewhere', async () => {
    const images = await readImages(paths);
    expect(new Set(images.map(boxOf)).size).toBeGreaterThanOrEqual(6);
    const random = counterRandom(3);
    const masses = images.map((image) => {
      const saliency = borderContrast(image);
      const own = objectBox(image, 8);
      const [width, height] = [own.right - own.left, own.bottom - own.top];
      const left = random.integer(image.width - width + 1);
      const top = random.integer(image.height - height + 1);
      const other = { left, top, right: left + width, bottom: top + height };
      return [mass(saliency, image, own), mass(saliency, image, other)];
    });
    const mean = (k: number): number => masses.reduce((sum, m) => sum + m[k], 0) / masses.length;
    expect(mean(0)).toBeLessThan(0.75 * mean(1));
  });

  it('rarely moves when the picture is recompressed or made a little noisy', async () => {
    const images = await readImages(paths);
    const recompressed = await Promise.all(
      images.map(async (image) =>
        decodeImage(await encodeImage(image, { kind: 'jpeg', quality: 95 }), 'a photograph'),
      ),
    );
    const same = (others: readonly RgbImage[]): number =>
      others.filter((other, i) => boxOf(other) === boxOf(images[i])).length / images.length;
    expect(same(recompressed)).toBeGreaterThanOrEqual(0.9);
    expect(same(images.map((image, i) => noisy(image, i)))).toBeGreaterThanOrEqual(0.9);
  });
});
