import { ModelLockError } from '../../base/error.ts';
import { onnxTypeNumbers } from '../../graph/ops/elementwise/ops.ts';
import { arrayOf, bytesPerElement, type DataOf, type DType } from '../../tensor/dtype.ts';
import { tensor, type Tensor } from '../../tensor/tensor.ts';
import { tensorOf } from '../safetensors.ts';
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type TensorProto,
} from './proto/onnx_pb.ts';

/** No tensor of a model has as many elements; a hostile file may claim more. */
const maxElements = 2 ** 40;

const dtypeOfNumber = new Map<number, DType>(
  Object.entries(onnxTypeNumbers).map(([dtype, number]) => [number, dtype as DType]),
);

/** The dtype of a number of ONNX's. Throws `unsupported` for strings, 4-bit numbers and the like. */
export function dtypeNumbered(number: number, what: string): DType {
  const dtype = dtypeOfNumber.get(number);
  if (dtype) return dtype;
  const name = DataType[number] ?? `number ${number}`;
  throw new ModelLockError('unsupported', `${what} is of type ${name}`, {
    valid: [...dtypeOfNumber.values()],
  });
}

/** What a tensor of a model is, and where its elements are. */
export interface TensorHeader {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elements: number;
}

/** Dtype and shape of a tensor. Throws `corrupt` for shapes that no tensor has. */
export function headerOf(proto: TensorProto, where: string): TensorHeader {
  const what = `${where}: tensor "${proto.name}"`;
  const shape = proto.dims.map(Number);
  const elements = shape.reduce((product, dim) => product * dim, 1);
  if (shape.some((dim) => !Number.isSafeInteger(dim) || dim < 0) || elements > maxElements) {
    throw new ModelLockError('corrupt', `${what} has shape [${shape.join(', ')}]`);
  }
  if (proto.segment) throw new ModelLockError('unsupported', `${what} is cut into segments`);
  return { name: proto.name, dtype: dtypeNumbered(proto.dataType, what), shape, elements };
}

export const isExternal = (proto: TensorProto): boolean =>
  proto.dataLocation === DataLocation.EXTERNAL;

/** The elements of a tensor that lies in the model itself. Throws `corrupt` where they are too few. */
export function tensorOfProto(proto: TensorProto, where: string): Tensor {
  const { dtype, shape, elements } = headerOf(proto, where);
  if (isExternal(proto)) {
    throw new ModelLockError(
      'unsupported',
      `${where}: tensor "${proto.name}" lies in another file`,
    );
  }
  if (proto.rawData.length > 0 || elements === 0) {
    const bytes = elements * bytesPerElement(dtype);
    if (proto.rawData.length === bytes) return tensorOf(dtype, shape, proto.rawData);
    throw wrongLength(proto, where, `${proto.rawData.length} bytes, not ${bytes}`);
  }
  const values = typedValues(proto, dtype);
  if (values.length !== elements) {
    throw wrongLength(proto, where, `${values.length} elements, not ${elements}`);
  }
  const data = new arrayOf[dtype](elements);
  for (let i = 0; i < elements; i++) data[i] = values[i];
  return tensor(dtype, shape, data as DataOf<DType>);
}

function wrongLength(proto: TensorProto, where: string, has: string): ModelLockError {
  const shape = proto.dims.join(', ');
  return new ModelLockError(
    'corrupt',
    `${where}: tensor "${proto.name}" of shape [${shape}] has ${has}`,
  );
}

/** The field that holds the elements of each dtype where they are not raw bytes. */
function typedValues(proto: TensorProto, dtype: DType): ArrayLike<number | bigint> {
  switch (dtype) {
    case 'float32':
      return proto.floatData;
    case 'float64':
      return proto.doubleData;
    case 'int64':
      return proto.int64Data;
    default:
      // Half precision as bits, and all small integers.
      return proto.int32Data;
  }
}
