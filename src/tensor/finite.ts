import type { Tensor } from './tensor.ts';

/** Bits of the exponent, which are all set in infinities and in what is no number. */
const exponents = { float16: 0x7c00, bfloat16: 0x7f80, float32: 0x7f800000 } as const;

/** Whether all elements are finite numbers. */
export function allFinite({ dtype, data }: Tensor): boolean {
  switch (dtype) {
    case 'float16':
    case 'bfloat16':
      return hasNone(data as Uint16Array, exponents[dtype]);
    case 'float32':
      return hasNone(new Uint32Array(data.buffer, data.byteOffset, data.length), exponents.float32);
    case 'float64':
      return (data as Float64Array).every(Number.isFinite);
    default:
      return true;
  }
}

/** A plain loop: a call for each of a billion weights would take seconds. */
function hasNone(bits: Uint16Array | Uint32Array, exponent: number): boolean {
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i] & exponent) === exponent) return false;
  }
  return true;
}
