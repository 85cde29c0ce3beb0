import { ModelLockError } from '../base/error.ts';
import { resizeImage } from '../data/resize.ts';
import { lumaAt, type RgbImage } from '../tensor/image.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';

/**
 * From pictures to what an autoencoder takes and back, number for number as VaeImageProcessor of
 * diffusers does it.
 */

type Size = Pick<RgbImage, 'width' | 'height'>;

/**
 * A picture resized (Lanczos) to `size`, its own if none is given, with both sides made smaller to
 * the next multiple of `factor`. Throws `data` where nothing would be left.
 */
export function fitted(image: RgbImage, factor: number, size: Size = image): RgbImage {
  const [width, height] = [size.width, size.height].map((side) => side - (side % factor));
  if (width > 0 && height > 0) return resizeImage(image, width, height, 'lanczos');
  throw new ModelLockError(
    'data',
    `a picture of ${size.width}x${size.height} pixels is smaller than a latent, ${factor}x${factor}`,
  );
}

/** Pictures of one size as [B, 3, H, W] in [-1, 1]. */
export function pixelsOf(images: readonly RgbImage[]): Tensor<'float32'> {
  const [{ width, height }] = images;
  const area = width * height;
  const values = new Float32Array(images.length * 3 * area);
  for (const [n, { data }] of images.entries()) {
    if (data.length !== 3 * area) {
      throw new ModelLockError('shape', `pictures of a batch are not all ${width}x${height}`);
    }
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < 3; c++) values[(n * 3 + c) * area + i] = data[i * 3 + c] / 127.5 - 1;
    }
  }
  return tensor('float32', [images.length, 3, height, width], values);
}

/** A mask, [1, 1, H, W]: 1 where the picture's luma (ITU-R 601-2) is at least one half, else 0. */
export function maskOf({ width, height, data }: RgbImage): Tensor<'float32'> {
  const mask = Float32Array.from({ length: width * height }, (_, i) =>
    Number(lumaAt(data, i * 3) >= 128),
  );
  return tensor('float32', [1, 1, height, width], mask);
}

/** [B, 3, H, W] in [-1, 1], but for overshoot, as [B, H, W, 3] in [0, 1]. */
export function unitPixels({ shape, data }: Tensor<'float32'>): Tensor<'float32'> {
  const [batch, , height, width] = shape;
  const area = width * height;
  const values = new Float32Array(data.length);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < 3; c++) {
        const value = data[(n * 3 + c) * area + i] / 2 + 0.5;
        values[(n * area + i) * 3 + c] = Math.min(1, Math.max(0, value));
      }
    }
  }
  return tensor('float32', [batch, height, width, 3], values);
}

/** [B, 3, H, W] in [-1, 1], but for overshoot, as pictures. */
export function imagesOf(pixels: Tensor<'float32'>): RgbImage[] {
  const [batch, , height, width] = pixels.shape;
  const { data } = unitPixels(pixels);
  const size = height * width * 3;
  return Array.from({ length: batch }, (_, n) => {
    const levels = data.subarray(n * size, (n + 1) * size).map((value) => value * 255);
    // A clamped array rounds halves to even, as numpy does.
    return { width, height, data: new Uint8Array(Uint8ClampedArray.from(levels).buffer) };
  });
}
