/** Element types, by the names safetensors and PyTorch users know. */
export interface DataTypes {
  float64: Float64Array;
  float32: Float32Array;
  /** IEEE half precision, as bits. */
  float16: Uint16Array;
  /** The upper half of a float32, as bits. */
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint16: Uint16Array;
  uint8: Uint8Array;
  /** One byte each, 0 or 1. */
  bool: Uint8Array;
}

export type DType = keyof DataTypes;
export type DataOf<D extends DType> = DataTypes[D];
export type TensorData = DataTypes[DType];

type Constructors = {
  [D in DType]: {
    new (length: number): DataTypes[D];
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): DataTypes[D];
    readonly BYTES_PER_ELEMENT: number;
  };
};

/** The typed array that holds each dtype. */
export const arrayOf: Constructors = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

export const dtypes = Object.keys(arrayOf) as readonly DType[];

export function bytesPerElement(dtype: DType): number {
  return arrayOf[dtype].BYTES_PER_ELEMENT;
}

export function isFloating(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}
