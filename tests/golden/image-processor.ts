import { ModelLockError } from '../../src/base/error.ts';
import { resizeImage } from '../../src/data/resize.ts';
import { lumaAt, type RgbImage, type Size } from '../../src/tensor/image.ts';
import { tensor, type Tensor } from '../../src/tensor/tensor.ts';

// What diffusers' VaeImageProcessor does to the pictures of cases, beside what editors need of it.

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

/** A mask, [1, 1, H, W]: 1 where the picture's luma (ITU-R 601-2) is at least one half, else 0. */
export function maskOf({ width, height, data }: RgbImage): Tensor<'float32'> {
  const mask = Float32Array.from({ length: width * height }, (_, i) =>
    Number(lumaAt(data, i * 3) >= 128),
  );
  return tensor('float32', [1, 1, height, width], mask);
}
