/** Conversions from the two 16-bit formats, and to float16; rounded to nearest even, as hardware does. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** float32 to the bits of a float16. Overflow gives infinity, subnormals are kept. */
export function toHalfBits(value: number): number {
  float[0] = value;
  const x = bits[0];
  const sign = (x >>> 16) & 0x8000;
  const exponent = (x >>> 23) & 0xff;
  const mantissa = x & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  const e = exponent - 112;
  if (e >= 31) return sign | 0x7c00;
  if (e <= 0) {
    if (e < -10) return sign;
    return sign | roundShift(mantissa | 0x800000, 14 - e);
  }
  // A mantissa that rounds up carries into the exponent, which is what it should do.
  return sign | roundShift((e << 23) | mantissa, 13);
}

/** `value >> shift`, rounded to nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = value & ((1 << shift) - 1);
  const floor = value >>> shift;
  return rest > half || (rest === half && (floor & 1) === 1) ? floor + 1 : floor;
}

/** The value of a float16 given as bits. */
export function fromHalfBits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

let halfTable: Float32Array | undefined;

/** All of a float16 array, through a table of the 65,536 values. */
export function halfToFloat32(source: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, i) => fromHalfBits(i));
  const target = new Float32Array(source.length);
  for (let i = 0; i < source.length; i++) target[i] = halfTable[source[i]];
  return target;
}

export function float32ToHalf(source: Float32Array): Uint16Array {
  return Uint16Array.from(source, toHalfBits);
}

/** All of a bfloat16 array: its elements are the upper halves of float32. */
export function bfloat16ToFloat32(source: Uint16Array): Float32Array {
  const target = new Float32Array(source.length);
  const targetBits = new Uint32Array(target.buffer);
  for (let i = 0; i < source.length; i++) targetBits[i] = source[i] << 16;
  return target;
}
