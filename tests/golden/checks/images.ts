import { readFileSync } from 'node:fs';
import { centreCrop, preprocessor, withShortSide } from '../../../src/data/preprocess.ts';
import { preprocessorConfig } from '../../../src/data/preprocessor-config.ts';
import { imagesOf, pixelsOf, unitPixels } from '../../../src/diffusion/image-processor.ts';
import { resizeImage, type Resampling } from '../../../src/data/resize.ts';
import { decodeImage, readImage } from '../../../src/platform/images.ts';
import type { RgbImage } from '../../../src/tensor/image.ts';
import { tensor, toNumbers, type Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase, GoldenCheck } from '../case.ts';
import { fitted, maskOf } from '../image-processor.ts';

const pixels = ({ width, height, data }: RgbImage): Tensor =>
  tensor('uint8', [height, width, 3], new Uint8Array(data));

/** By what made the expectations: the class of a case. */
const checks: Readonly<Record<string, GoldenCheck>> = {
  "PIL.Image.open(...).convert('RGB')": async (golden) => {
    for (const name of golden.tensors().keys()) {
      if (name.endsWith('.transposed')) {
        golden.leaveOut(name, 'pictures are not turned, as Image.open does not turn them');
        continue;
      }
      const actual = pixels(await decodeImage(readFileSync(golden.path(name)), name));
      const expected = golden.tensor(name);
      if (name === 'sixteen-bit.png') golden.same(name, isHighByte(actual, expected), true);
      else if (!name.endsWith('.jpg')) golden.compareWith(name, actual, expected);
      else golden.same(name, meanDifference(actual, expected) < 1, true);
    }
  },
  'PIL.Image.resize': async (golden) => {
    for (const name of golden.tensors().keys()) {
      const [source, resampling, size] = name.split('.');
      if (source === 'alpha') {
        golden.leaveOut(name, 'pictures here have no alpha');
        continue;
      }
      const [width, height] = size.split('x').map(Number);
      const image = await readImage(golden.path(`${source}.png`));
      const actual = pixels(resizeImage(image, width, height, resampling as Resampling));
      const expected = golden.tensor(name);
      golden.compareWith(
        name,
        expected.shape.length === 2 ? firstChannel(actual) : actual,
        expected,
      );
    }
  },
  'Resize(short side) + CenterCrop + ToTensor + Normalize': async (golden) => {
    const runs = golden.info['runs'] as Record<
      string,
      { resize: number; crop: number; filter: Resampling }
    >;
    for (const [run, { resize, crop, filter }] of Object.entries(runs)) {
      const image = await readImage(golden.path(`${run}.png`));
      const short = withShortSide(image, resize);
      const cropped = centreCrop(resizeImage(image, short.width, short.height, filter), crop, crop);
      golden.compare(`${run}.cropped`, pixels(cropped));
      if (!golden.tensors().has(`${run}.normalised`)) continue;
      const config = preprocessorConfig.parse({
        size: { height: crop, width: crop },
        image_mean: golden.info['mean'],
        image_std: golden.info['std'],
      });
      const values = new Float32Array(3 * crop * crop);
      preprocessor(config).normalise(cropped, values);
      golden.compare(`${run}.normalised`, tensor('float32', [3, crop, crop], values));
    }
  },
  'transformers image processors (Pillow backend)': async (golden) => {
    const image = await readImage(golden.path('photo.png'));
    for (const name of golden.tensors().keys()) {
      const kind = name.replace('.pixel_values', '');
      const raw = golden.json<Record<string, unknown>>(`${kind}/preprocessor_config.json`);
      const process = preprocessor(preprocessorConfig.parse(raw));
      const sized = process.toPixels(image);
      const values = new Float32Array(3 * sized.width * sized.height);
      process.normalise(sized, values);
      golden.compare(name, tensor('float32', [1, 3, sized.height, sized.width], values));
    }
  },
  'diffusers.image_processor.VaeImageProcessor': async (golden) => {
    const runs = golden.info['runs'] as Record<string, { height?: number; width?: number }>;
    for (const [run, { height, width }] of Object.entries(runs)) {
      const size = height && width ? { height, width } : undefined;
      const read = async (file: string): Promise<RgbImage> =>
        fitted(await readImage(golden.path(file)), latentPixels, size);
      golden.compare(`${run}.preprocessed`, pixelsOf([await read(`${run}.png`)]));
      golden.compare(`${run}.mask`, maskOf(await read(`${run}.mask.png`)));
    }
    for (const [name, given] of golden.tensors()) {
      const [, run] = /^(.*)\.in$/.exec(name) ?? [];
      if (run === undefined) continue;
      const decoded = given as Tensor<'float32'>;
      for (const [i, image] of imagesOf(decoded).entries()) {
        golden.compareWith(
          `${run}.uint8`,
          pixels(image),
          element(golden.tensor(`${run}.uint8`), i),
        );
      }
      if (golden.tensors().has(`${run}.np`)) golden.compare(`${run}.np`, unitPixels(decoded));
    }
  },
};

/** VaeImageProcessor's own `vae_scale_factor`, where it is given none. */
const latentPixels = 8;

/** One of a batch of pictures; a batch of one may be stored without its axis. */
function element(batch: Tensor, index: number): Tensor {
  if (batch.shape.length === 3) return batch;
  const shape = batch.shape.slice(1);
  const size = shape.reduce((a, b) => a * b, 1);
  const data = (batch.data as Uint8Array).subarray(index * size, (index + 1) * size);
  return tensor('uint8', shape, data);
}

function meanDifference(a: Tensor, b: Tensor): number {
  const [x, y] = [a.data as Uint8Array, b.data as Uint8Array];
  return x.reduce((sum, value, i) => sum + Math.abs(value - y[i]), 0) / x.length;
}

/** Whether three equal channels are within a level of grey values of 16 bits, which Pillow keeps. */
function isHighByte(actual: Tensor, expected: Tensor): boolean {
  const [x, y] = [toNumbers(actual), toNumbers(expected)];
  return (
    x.length === 3 * y.length && x.every((v, i) => Math.abs(v - y[Math.floor(i / 3)] / 257) < 1)
  );
}

function firstChannel(t: Tensor): Tensor {
  const [height, width] = t.shape;
  const data = (t.data as Uint8Array).filter((_, i) => i % 3 === 0);
  return tensor('uint8', [height, width], data);
}

export const check = async (golden: GoldenCase): Promise<void> => {
  const run = checks[golden.info.class];
  if (!run) golden.fail(`no check knows ${golden.info.class}`);
  else await run(golden);
};
