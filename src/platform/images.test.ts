import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it, test } from 'vitest';
import type { RgbImage } from '../tensor/image.ts';
import { decodeImage, decodersAtOnce, encodeImage, readImages, readingAtOnce } from './images.ts';

const size = { width: 8, height: 6 };
const red = sharp({ create: { ...size, channels: 3, background: '#c81e0a' } });

/** Raw pixels of one value in each channel, as a picture that sharp can write. */
const flat = (...values: number[]): Sharp =>
  sharp(
    Uint8Array.from({ length: 48 * values.length }, (_, i) => values[i % values.length]),
    { raw: { ...size, channels: values.length as 1 | 2 | 3 | 4 } },
  );

const pixel = ({ data }: RgbImage): number[] => [...data.subarray(0, 3)];

/** The distance to a colour, by the worst channel of the worst pixel. */
const farthest = ({ data }: RgbImage, colour: readonly number[]): number =>
  Math.max(...Array.from(data, (value, i) => Math.abs(value - colour[i % 3])));

/** A grey TIFF of one row of 32-bit samples; `format` as its tag 339 numbers them. */
function tiff(format: number, values: Float32Array | Int32Array | Uint32Array): Uint8Array {
  const tags = [
    [256, values.length],
    [257, 1],
    [258, 32],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, 1],
    [279, values.byteLength],
    [339, format],
  ];
  const start = 8 + values.byteLength;
  const bytes = new Uint8Array(start + 2 + 12 * tags.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x49492a00);
  view.setUint32(4, start, true);
  bytes.set(new Uint8Array(values.buffer), 8);
  view.setUint16(start, tags.length, true);
  tags.forEach(([tag, value], i) => {
    const place = start + 2 + 12 * i;
    view.setUint16(place, tag, true);
    // One number of 32 bits.
    view.setUint16(place + 2, 4, true);
    view.setUint32(place + 4, 1, true);
    view.setUint32(place + 8, value, true);
  });
  return bytes;
}

describe('decodeImage', () => {
  it.each<[string, () => Promise<Uint8Array>, readonly number[], number]>([
    ['a PNG', () => red.png().toBuffer(), [200, 30, 10], 0],
    ['a palette PNG', () => red.png({ palette: true }).toBuffer(), [200, 30, 10], 0],
    ['a WebP', () => red.webp({ lossless: true }).toBuffer(), [200, 30, 10], 0],
    ['a GIF', () => red.gif().toBuffer(), [200, 30, 10], 1],
    ['a JPEG', () => red.jpeg({ quality: 95 }).toBuffer(), [200, 30, 10], 4],
    ['a grey PNG', () => flat(77).toColourspace('b-w').png().toBuffer(), [77, 77, 77], 0],
    ['a grey JPEG', () => flat(77).toColourspace('b-w').jpeg().toBuffer(), [77, 77, 77], 1],
    [
      'alpha, dropped and not blended',
      () => flat(200, 30, 10, 0).png().toBuffer(),
      [200, 30, 10],
      0,
    ],
    ['grey with alpha', () => flat(77, 9).toColourspace('b-w').png().toBuffer(), [77, 77, 77], 0],
    [
      'a PNG of 16 bits',
      () => red.clone().toColourspace('rgb16').png().toBuffer(),
      [200, 30, 10],
      1,
    ],
  ])('reads %s', async (_, make, colour, tolerance) => {
    const image = await decodeImage(await make(), 'x');
    expect([image.width, image.height, image.data.length]).toEqual([8, 6, 8 * 6 * 3]);
    expect(farthest(image, colour)).toBeLessThanOrEqual(tolerance);
  });

  it('reads a CMYK JPEG as red, not as its complement', async () => {
    const bytes = await red.clone().toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const [r, g, b] = pixel(await decodeImage(bytes, 'x'));
    expect(r).toBeGreaterThan(150);
    expect(Math.max(g, b)).toBeLessThan(100);
  });

  it.each([
    ['float', 3, Float32Array.of(0.2, 0.9)],
    ['int', 2, Int32Array.of(-5, 70_000)],
    ['uint', 1, Uint32Array.of(5, 70_000)],
  ] as const)(
    'refuses a TIFF of %s samples, whose range nobody knows',
    async (kind, code, values) => {
      await expect(decodeImage(tiff(code, values), 'x.tif')).rejects.toMatchObject({
        code: 'data',
        message: `x.tif cannot be read as a picture: its samples are ${kind} numbers, of no known range (valid: 8 or 16 bits without a sign)`,
      });
    },
  );

  it('ignores the orientation of a camera', async () => {
    const bytes = await red.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await decodeImage(bytes, 'x')).toMatchObject(size);
  });

  it.each(['png', 'jpeg'] as const)('refuses a %s cut off anywhere', async (format) => {
    const noise = await encodeImage({
      width: 16,
      height: 16,
      data: new Uint8Array(768).map((_, i) => i * 37),
    });
    const bytes = await sharp(noise).toFormat(format).toBuffer();
    for (const share of [0, 0.1, 0.3, 0.5, 0.7, 0.9]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      await expect(decodeImage(cut, 'cut.img'), `${share}`).rejects.toMatchObject({
        code: 'data',
        message: expect.stringMatching(/^cut\.img cannot be read as a picture: [^\n]+$/) as string,
      });
    }
  });

  it('refuses text', async () => {
    const text = new TextEncoder().encode('Not a picture at all.\n'.repeat(20));
    await expect(decodeImage(text, 'text.jpg')).rejects.toThrow(/^text\.jpg cannot be read/);
  });

  it('refuses a bomb by its header', async () => {
    const bytes = await red.png().toBuffer();
    bytes.writeUInt32BE(60000, 16);
    bytes.writeUInt32BE(60000, 20);
    await expect(decodeImage(bytes, 'bomb.png')).rejects.toThrow(/^bomb\.png cannot be read/);
    const plain = new TextEncoder().encode('P6 60000 60000 255\n');
    await expect(decodeImage(plain, 'bomb.ppm')).rejects.toThrow(/60000x60000 pixels/);
  });

  it('refuses what is a hundred times as long as wide', async () => {
    const strip = (width: number, height: number) =>
      encodeImage({ width, height, data: new Uint8Array(width * height * 3) });
    expect(await decodeImage(await strip(200, 2), 'scan.png')).toMatchObject({ width: 200 });
    for (const bytes of [await strip(201, 2), await strip(1, 101)]) {
      await expect(decodeImage(bytes, 'line.png')).rejects.toThrow(
        /^line\.png cannot .* 100 to 1$/,
      );
    }
  });

  it('gives a picture or an error that names the file, whatever the bytes', async () => {
    const bytes = await red.png().toBuffer();
    const broken = fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [place, value] of changes) copy[place] = value;
        return copy;
      });
    await fc.assert(
      fc.asyncProperty(broken, async (sample) => {
        const result = await decodeImage(sample, 'a.png').catch((error: unknown) => error);
        if (result instanceof Error) expect(result.message).toMatch(/^a\.png cannot be read/);
        else expect(result).toHaveProperty('data');
      }),
      { numRuns: 40 },
    );
  });
});

test('readImages keeps the order of files and names the one that is broken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'images-test-'));
  try {
    const paths = Array.from({ length: 9 }, (_, i) => join(folder, `${i}.png`));
    await Promise.all(
      paths.map(async (path, i) => writeFile(path, await flat(i, i, i).png().toBuffer())),
    );
    expect((await readImages(paths)).map((image) => image.data[0])).toEqual([...paths.keys()]);
    await writeFile(paths[4], 'broken');
    await expect(readImages(paths)).rejects.toThrow(paths[4]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('readingAtOnce', () => {
  const things = Array.from({ length: 100 }, (_, i) => i);
  const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

  it('keeps the order, whichever is read first', async () => {
    const read = async (i: number): Promise<number> => {
      if (i % 2 === 0) await later();
      return 2 * i;
    };
    expect(await readingAtOnce(things, read)).toEqual(things.map((i) => 2 * i));
  });

  it('begins no other after one that cannot be read', async () => {
    const begun: number[] = [];
    const read = async (i: number): Promise<void> => {
      begun.push(i);
      await later();
      if (i === 0) throw new Error('broken');
    };
    await expect(readingAtOnce(things, read)).rejects.toThrow('broken');
    for (let i = 0; i < 5; i++) await later();
    expect(begun.length).toBeLessThanOrEqual(decodersAtOnce);
  });
});
