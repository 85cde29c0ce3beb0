import { bytesPerElement, dtypes, type DType } from '../../tensor/dtype.ts';

/** What a storage or a tensor of torch is made of. */
export interface ElementType {
  /** As torch calls it: `bfloat16`. */
  readonly name: string;
  readonly bytes: number;
  /** Absent for what this program has no tensors of. */
  readonly dtype?: DType;
}

/** Sizes of what is only skipped: a file may have tensors of them that nobody asks for. */
const foreignBytes: Readonly<Record<string, number>> = {
  complex32: 4,
  complex64: 8,
  complex128: 16,
  quint8: 1,
  qint8: 1,
  qint32: 4,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  uint32: 4,
  uint64: 8,
};

const elementTypes: ReadonlyMap<string, ElementType> = new Map([
  ...dtypes.map((dtype) => [dtype, { name: dtype, bytes: bytesPerElement(dtype), dtype }] as const),
  ...Object.entries(foreignBytes).map(([name, bytes]) => [name, { name, bytes }] as const),
]);

/** Names of dtypes by the storage class that stands for them in files. */
const storageClasses: Readonly<Record<string, string>> = {
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  DoubleStorage: 'float64',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  UntypedStorage: 'uint8',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
  QUInt8Storage: 'quint8',
  QInt8Storage: 'qint8',
  QInt32Storage: 'qint32',
};

const storageName = /^torch\.(?:cuda\.|storage\.)?(\w+)$/;

/** Of `torch.FloatStorage`, as a pickle names it; `undefined` for other classes. */
export function elementOfStorage(name: string): ElementType | undefined {
  const [, storage = ''] = storageName.exec(name) ?? [];
  return Object.hasOwn(storageClasses, storage)
    ? elementTypes.get(storageClasses[storage])
    : undefined;
}

/** Of `torch.float32`; `undefined` for what is no dtype. */
export function elementOfDType(name: string): ElementType | undefined {
  return name.startsWith('torch.') ? elementTypes.get(name.slice('torch.'.length)) : undefined;
}
