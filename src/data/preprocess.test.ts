import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelLockError } from '../base/error.ts';
import type { RgbImage } from '../tensor/image.ts';
import { centreCrop, preprocessor, withShortSide } from './preprocess.ts';
import { imageProcessors } from './image-processors.ts';
import { preprocessorConfig } from './preprocessor-config.ts';

/** A picture whose red is the column and whose green is the row. */
function gradient(width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const place = Math.floor(i / 3);
    return [place % width, Math.floor(place / width), 255][i % 3];
  });
  return { width, height, data };
}

const at = ({ width, data }: RgbImage, x: number, y: number): number[] =>
  Array.from(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));

const prepare = (config: object): ReturnType<typeof preprocessor> =>
  preprocessor(preprocessorConfig.parse(config));

describe('preprocessor', () => {
  it('takes every form of size', () => {
    expect(prepare({ size: 32 }).size).toEqual({ width: 32, height: 32 });
    expect(prepare({ size: { width: 20, height: 30 } }).size).toEqual({ width: 20, height: 30 });
    expect(
      prepare({ size: { shortest_edge: 40 }, do_center_crop: true, crop_size: 32 }).size,
    ).toEqual({ width: 32, height: 32 });
    expect(prepare({ size: { shortest_edge: 28 }, crop_pct: 0.875 }).size).toEqual({
      width: 28,
      height: 28,
    });
  });

  it('refuses pictures of which a batch would fill the memory', () => {
    for (const size of [1e6, { shortest_edge: 1e6 }, { height: 1e6, width: 1 }]) {
      expect(preprocessorConfig.safeParse({ size }).success).toBe(false);
    }
    const isTaken = (crop_pct: number): boolean =>
      preprocessorConfig.safeParse({ size: { shortest_edge: 224 }, crop_pct }).success;
    expect([0.1, 1].map(isTaken)).toEqual([true, true]);
    expect([1e-6, 0.09, 1.1].map(isTaken)).toEqual([false, false, false]);
  });

  it('refuses a configuration whose pictures differ in size', () => {
    expect(() => prepare({ size: { shortest_edge: 40 } })).toThrow(ModelLockError);
  });

  it.each([
    { size: 8 },
    { size: { shortest_edge: 9 }, do_center_crop: true, crop_size: 8 },
    { size: { shortest_edge: 8 }, crop_pct: 0.9 },
    { size: { shortest_edge: 4 }, do_center_crop: true, crop_size: 8 },
    { size: 8, do_resize: false, do_center_crop: true, crop_size: 8 },
  ])('makes pictures of its own size with %j', (config) => {
    const prepared = prepare(config);
    const side = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        expect(prepared.toPixels(gradient(width, height))).toMatchObject(prepared.size);
      }),
    );
  });

  it('writes planes of (value * factor - mean) / std', () => {
    const prepared = prepare({
      size: 2,
      image_mean: [0.5, 0.25, 0],
      image_std: [0.5, 0.25, 2],
    });
    const into = new Float32Array(12);
    const data = Uint8Array.of(255, 0, 51, 0, 255, 102, 0, 0, 0, 255, 255, 255);
    prepared.normalise({ width: 2, height: 2, data }, into);
    [1, -1, -1, 1, -1, 3, -1, 3, 0.1, 0.2, 0, 0.5].forEach((value, i) =>
      expect(into[i]).toBeCloseTo(value, 6),
    );
  });

  it.each([
    ['ViTImageProcessorFast', { height: 32, width: 32 }],
    ['ViTFeatureExtractor', { height: 32, width: 32 }],
    ['BeitImageProcessor', { height: 32, width: 32 }],
    ['SegformerFeatureExtractor', { height: 32, width: 32 }],
    ['ConvNextFeatureExtractor', { shortest_edge: 32 }],
    ['CLIPFeatureExtractor', { shortest_edge: 32 }],
    ['MobileNetV2ImageProcessor', { shortest_edge: 32 }],
  ])('knows what %s means by a size of one number', (name, size) => {
    const config = preprocessorConfig.parse({ feature_extractor_type: name, size: 32 });
    expect(config.size).toEqual(size);
  });

  it('takes from a class of transformers what a file does not say, or says to be null', () => {
    const named = { image_processor_type: 'CLIPImageProcessor', size: null, resample: null };
    expect(preprocessorConfig.parse(named)).toEqual({
      image_processor_type: 'CLIPImageProcessor',
      do_resize: true,
      size: { shortest_edge: 224 },
      resample: 3,
      do_center_crop: true,
      crop_size: { height: 224, width: 224 },
      do_rescale: true,
      rescale_factor: 1 / 255,
      do_normalize: true,
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
    });
  });

  it('is told in full what it has read in part', () => {
    const side = fc.integer({ min: 1, max: 64 });
    const file = fc.record(
      {
        image_processor_type: fc.constantFrom(undefined, ...Object.keys(imageProcessors)),
        size: fc.oneof(side, fc.record({ shortest_edge: side })),
        crop_pct: fc.double({ min: 0.5, max: 1, noNaN: true }),
        do_center_crop: fc.boolean(),
        crop_size: side,
      },
      { requiredKeys: ['size', 'crop_size'] },
    );
    fc.assert(
      fc.property(file, (given) => {
        const config = preprocessorConfig.parse(given);
        expect(preprocessorConfig.parse(config)).toEqual(config);
      }),
    );
  });

  it('warps pictures for a ConvNeXT of 384 pixels, and crops them for a smaller one', () => {
    const size = (n: number): object => ({
      image_processor_type: 'ConvNextImageProcessor',
      size: { shortest_edge: n },
      resample: 0,
    });
    const wide = gradient(200, 100);
    const [warped, cropped] = [384, 100].map((n) => prepare(size(n)).toPixels(wide));
    expect([at(warped, 0, 0)[0], at(warped, 383, 0)[0]]).toEqual([0, 199]);
    expect([at(cropped, 0, 0)[0], at(cropped, 99, 0)[0]]).toEqual([56, 143]);
  });

  it.each([
    [{ image_processor_type: 'MobileViTImageProcessor', size: 8 }, /MobileViT.*valid: BeitImage/],
    [{ image_processor_type: 'constructor', size: 8 }, /constructor.* is not supported/],
    [{ size: 8, do_flip_channel_order: true }, /do_flip_channel_order/],
    [{ size: 8, do_pad: true }, /do_pad/],
    [{ size: { shortest_edge: 8, longest_edge: 9 } }, /size/],
    [{ size: 8, do_center_crop: true }, /crop_size/],
    [{ image_processor_type: 'ConvNextImageProcessor', size: { height: 8, width: 8 } }, /size/],
    [{}, /size/],
  ])('refuses %j, which it would not do as transformers does', (config, message) => {
    const { error } = preprocessorConfig.safeParse(config);
    expect(error?.message).toMatch(message);
  });

  it('refuses to leave pictures as large as they come', () => {
    expect(() => prepare({ size: 8, do_resize: false })).toThrow(/different sizes/);
  });

  it('makes grey of colours as Pillow does', () => {
    const grey = preprocessor(
      preprocessorConfig.parse({ size: 2, image_mean: [0], image_std: [1] }),
      1,
    );
    const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7);
    const into = new Float32Array(4);
    grey.normalise({ width: 2, height: 2, data }, into);
    expect([...into].map((value) => Math.round(value * 255))).toEqual([76, 150, 29, 7]);
    expect(grey.zero).toEqual([0, 0, 0]);
  });

  it('leaves out rescaling and normalisation where it is told to', () => {
    const into = new Float32Array(3);
    const pixel = { width: 1, height: 1, data: Uint8Array.of(0, 51, 255) };
    prepare({ size: 1, do_normalize: false }).normalise(pixel, into);
    expect([...into].map((value) => value.toFixed(5))).toEqual(['0.00000', '0.20000', '1.00000']);
    prepare({ size: 1, do_normalize: false, do_rescale: false }).normalise(pixel, into);
    expect([...into]).toEqual([0, 51, 255]);
  });
});

describe('centreCrop', () => {
  it('takes the middle', () => {
    const cropped = centreCrop(gradient(10, 6), 4, 2);
    expect([at(cropped, 0, 0), at(cropped, 3, 1)]).toEqual([
      [3, 2, 255],
      [6, 3, 255],
    ]);
  });

  it('rounds the offset as it is told to', () => {
    expect(at(centreCrop(gradient(5, 2), 2, 2), 0, 0)[0]).toBe(2);
    expect(at(centreCrop(gradient(3, 2), 2, 2), 0, 0)[0]).toBe(0);
    expect(at(centreCrop(gradient(5, 2), 2, 2, Math.floor), 0, 0)[0]).toBe(1);
  });

  it('surrounds a small picture with black', () => {
    const grown = centreCrop(gradient(2, 2), 4, 6);
    expect(at(grown, 1, 2)).toEqual([0, 0, 255]);
    expect(at(grown, 2, 3)).toEqual([1, 1, 255]);
    expect(grown.data.reduce((sum, value) => sum + value, 0)).toBe(4 * 255 + 4);
  });
});

it('withShortSide truncates the longer side', () => {
  expect(withShortSide({ width: 7, height: 10 }, 5)).toEqual({ width: 5, height: 7 });
  expect(withShortSide({ width: 10, height: 7 }, 5)).toEqual({ width: 7, height: 5 });
});
