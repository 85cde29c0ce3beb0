import { ModelLockError } from '../base/error.ts';
import { bfloat16ToFloat32, halfToFloat32, float32ToHalf } from './half.ts';
import { tensor, type Tensor } from './tensor.ts';

/** Any numeric tensor as float32; itself if it is one. */
export function toFloat32(t: Tensor): Tensor<'float32'> {
  return t.dtype === 'float32'
    ? (t as Tensor<'float32'>)
    : tensor('float32', t.shape, float32Data(t));
}

function float32Data(t: Tensor): Float32Array {
  switch (t.dtype) {
    case 'float16':
      return halfToFloat32(t.data as Uint16Array);
    case 'bfloat16':
      return bfloat16ToFloat32(t.data as Uint16Array);
    case 'int64':
      return Float32Array.from(t.data as BigInt64Array, Number);
    default:
      return Float32Array.from(t.data as Exclude<typeof t.data, BigInt64Array>);
  }
}

/** A float32 tensor rounded to half precision. Throws `data` for a number that is too large for it. */
export function toFloat16(t: Tensor<'float32'>): Tensor<'float16'> {
  const data = float32ToHalf(t.data);
  const overflow = t.data.findIndex((x, i) => Number.isFinite(x) && (data[i] & 0x7fff) === 0x7c00);
  if (overflow >= 0) {
    throw new ModelLockError('data', `${t.data[overflow]} does not fit into float16`);
  }
  return tensor('float16', t.shape, data);
}
