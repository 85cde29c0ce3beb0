import { tensor, type Tensor } from '../../../src/tensor/tensor.ts';

/** A vector. */
export const float32 = (values: readonly number[]): Tensor<'float32'> =>
  tensor('float32', [values.length], Float32Array.from(values));

export const scale = (t: Tensor<'float32'>, factor: number): Tensor<'float32'> =>
  tensor(
    'float32',
    t.shape,
    t.data.map((v) => v * factor),
  );
