import { ModelLockError } from '../base/error.ts';
import type { RgbImage } from '../tensor/image.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';

/** Pictures of one size as [B, 3, H, W] in [-1, 1], as diffusers' VaeImageProcessor has them. */
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
