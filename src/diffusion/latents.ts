import { ModelLockError } from '../base/error.ts';
import { showShape } from '../graph/shape.ts';
import { sizeOf, tensor, type Tensor } from '../tensor/tensor.ts';

/** A batch of pictures in the autoencoder's space: float32 [B, C, H, W]. */
export type Latents = Tensor<'float32'>;

/** Sum of factor * latents, element by element, added up in double precision. */
export function combine(
  ...terms: readonly (readonly [factor: number, latents: Latents])[]
): Latents {
  const [[, { shape }]] = terms;
  for (const [, other] of terms) {
    if (other.data.length !== sizeOf(shape)) {
      throw new ModelLockError('shape', `${showShape(other.shape)} added to ${showShape(shape)}`);
    }
  }
  const sum = new Float64Array(sizeOf(shape));
  for (const [factor, { data }] of terms) {
    for (let i = 0; i < sum.length; i++) sum[i] += factor * data[i];
  }
  return tensor('float32', shape, new Float32Array(sum));
}

export function scale(latents: Latents, factor: number): Latents {
  return factor === 1 ? latents : combine([factor, latents]);
}

/** Joins the channels of batches of equal size: [B, C1, H, W] and [B, C2, H, W] to [B, C1 + C2, H, W]. */
export function joinChannels(a: Latents, b: Latents): Latents {
  const [batch, channels, height, width] = a.shape;
  if (b.shape[0] !== batch || b.shape[2] !== height || b.shape[3] !== width) {
    throw new ModelLockError(
      'shape',
      `channels of ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  }
  const shape = [batch, channels + b.shape[1], height, width];
  const data = new Float32Array(sizeOf(shape));
  const [sizeA, sizeB] = [a.data.length / batch, b.data.length / batch];
  for (let i = 0; i < batch; i++) {
    const start = i * (sizeA + sizeB);
    data.set(a.data.subarray(i * sizeA, (i + 1) * sizeA), start);
    data.set(b.data.subarray(i * sizeB, (i + 1) * sizeB), start + sizeA);
  }
  return tensor('float32', shape, data);
}

/** b with a where the mask [B, 1, H, W] is 1; between 0 and 1 a mixture. */
export function blend(mask: Latents, a: Latents, b: Latents): Latents {
  const [, , height, width] = mask.shape;
  const [channels, area] = [a.shape[1], height * width];
  const data = b.data.map((value, i) => {
    const m = mask.data[Math.floor(i / (channels * area)) * area + (i % area)];
    return value + m * (a.data[i] - value);
  });
  return tensor('float32', b.shape, data);
}

/** Batches of equal samples, one after the other, as one. */
export function joinBatches(batches: readonly Tensor<'float32'>[]): Tensor<'float32'> {
  const size = batches.reduce((sum, { shape: [batch] }) => sum + batch, 0);
  const shape = [size, ...batches[0].shape.slice(1)];
  const data = new Float32Array(sizeOf(shape));
  let place = 0;
  for (const batch of batches) {
    data.set(batch.data, place);
    place += batch.data.length;
  }
  return tensor('float32', shape, data);
}

/** A batch in so many equal parts; views of it. */
export function splitBatch(whole: Tensor<'float32'>, parts: number): Tensor<'float32'>[] {
  const shape = [whole.shape[0] / parts, ...whole.shape.slice(1)];
  const size = sizeOf(shape);
  return Array.from({ length: parts }, (_, i) =>
    tensor('float32', shape, whole.data.subarray(i * size, (i + 1) * size)),
  );
}

/** One sample, [1, ...], repeated to [batch, ...]; a batch of that size as it is. */
export function repeatBatch(sample: Tensor<'float32'>, batch: number): Tensor<'float32'> {
  const [own, ...rest] = sample.shape;
  if (own === batch) return sample;
  if (own !== 1) {
    throw new ModelLockError(
      'shape',
      `${showShape(sample.shape)} is neither one sample nor ${batch}`,
    );
  }
  const data = new Float32Array(sample.data.length * batch);
  for (let i = 0; i < batch; i++) data.set(sample.data, i * sample.data.length);
  return tensor('float32', [batch, ...rest], data);
}
