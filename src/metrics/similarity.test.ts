import { describe, expect, test } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import type { RgbImage } from '../tensor/image.ts';
import { psnr, ssim } from './similarity.ts';

function noise(seed: number, width = 16, height = 12): RgbImage {
  const random = counterRandom(seed);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  return { width, height, data };
}

function mapped(image: RgbImage, change: (value: number) => number): RgbImage {
  return { ...image, data: image.data.map(change) };
}

describe('similarity of images', () => {
  test('of equal images is perfect', () => {
    expect(psnr(noise(1), noise(1))).toBe(Infinity);
    expect(ssim(noise(1), noise(1))).toBeCloseTo(1, 12);
    expect(ssim(noise(1), noise(1), 'gaussian')).toBeCloseTo(1, 12);
  });

  test('PSNR of a constant difference', () => {
    const image = mapped(noise(1), (value) => Math.min(value, 245));
    const lighter = mapped(image, (value) => value + 10);
    expect(psnr(image, lighter)).toBeCloseTo(20 * Math.log10(25.5), 10);
  });

  test('SSIM of plain grey images is the term of the means alone', () => {
    const grey = (value: number): RgbImage => mapped(noise(1), () => value);
    const c1 = (0.01 * 255) ** 2;
    const expected = (2 * 100 * 120 + c1) / (100 ** 2 + 120 ** 2 + c1);
    for (const window of ['uniform', 'gaussian'] as const) {
      expect(ssim(grey(100), grey(120), window)).toBeCloseTo(expected, 9);
    }
  });

  test('SSIM is symmetric, sinks with the change, and is below zero for a negative', () => {
    const image = noise(1);
    const slightly = mapped(image, (value) => Math.min(255, value + (value % 2) * 20));
    expect(ssim(image, slightly)).toBe(ssim(slightly, image));
    expect(ssim(image, slightly)).toBeGreaterThan(ssim(image, noise(2)));
    expect(
      ssim(
        image,
        mapped(image, (value) => 255 - value),
      ),
    ).toBeLessThan(-0.5);
  });

  test('refuses images that cannot be compared', () => {
    expect(() => psnr(noise(1), noise(1, 12, 16))).toThrow('16 x 12');
    expect(() => ssim(noise(1, 6, 9), noise(2, 6, 9))).toThrow('7 pixels or more');
    expect(() => ssim(noise(1, 10, 10), noise(2, 10, 10), 'gaussian')).toThrow('11 pixels');
  });
});
