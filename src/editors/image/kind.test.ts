import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RgbImage } from '../../tensor/image.ts';
import { imageKind, mixImages } from './kind.ts';

const image = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): RgbImage => ({ width, height, data })),
  );

const pixels = (...data: number[]): RgbImage => ({
  width: 1,
  height: data.length / 3,
  data: Uint8Array.from(data),
});

test('what is written is read again', () => {
  fc.assert(
    fc.property(image, (sample) => {
      expect(imageKind.decode(imageKind.encode(sample), 'x')).toEqual(sample);
    }),
  );
});

test('a truncated picture is refused by name', () => {
  const bytes = imageKind.encode(pixels(1, 2, 3));
  for (const length of [0, 7, 8, bytes.length - 1]) {
    expect(() => imageKind.decode(bytes.subarray(0, length), 'cache/ab')).toThrow(/cache\/ab/);
  }
});

test('mixing rounds to the nearest grey level, halves up', () => {
  const mixed = mixImages(pixels(0, 255, 10), pixels(255, 0, 13), 0.5);
  expect([...mixed.data]).toEqual([128, 128, 12]);
});

test('strength 0 is the image and 1 the edit; between them lies no other value', () => {
  fc.assert(
    fc.property(image, fc.double({ min: 0, max: 1, noNaN: true }), (sample, alpha) => {
      const edited = { ...sample, data: sample.data.map((x) => 255 - x) };
      expect(mixImages(sample, edited, 0).data).toEqual(sample.data);
      expect(mixImages(sample, edited, 1).data).toEqual(edited.data);
      mixImages(sample, edited, alpha).data.forEach((x, i) => {
        const exact = (1 - alpha) * sample.data[i] + alpha * edited.data[i];
        expect(Math.abs(x - exact)).toBeLessThanOrEqual(0.5 + 1e-9);
      });
      expect(mixImages(sample, sample, alpha)).toEqual(sample);
    }),
  );
});

test('an edit of another size is refused', () => {
  expect(() => mixImages(pixels(1, 2, 3), pixels(1, 2, 3, 4, 5, 6), 0.5)).toThrow(/1x2 edit/);
});
