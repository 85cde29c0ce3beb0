import { ModelLockError } from '../../base/error.ts';
import type { AttributeTypes } from '../../graph/value.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto,
} from './proto/onnx_pb.ts';
import { tensorOfProto } from './tensor-proto.ts';

/** An attribute of a node in a file, by the kind it has there. */
export type OnnxAttribute =
  | {
      readonly [K in keyof AttributeTypes]: { readonly kind: K; readonly value: AttributeTypes[K] };
    }[keyof AttributeTypes]
  | { readonly kind: 'tensor'; readonly value: Tensor };

export type OnnxAttributes = ReadonlyMap<string, OnnxAttribute>;

/** No attribute means a larger number; "to the end" is written as the largest of 64 bits. */
const farEnd = BigInt(Number.MAX_SAFE_INTEGER);

/** An integer of a file, limited to those that are exact here. */
export function limitedInt(value: bigint): number {
  return Number(value > farEnd ? farEnd : value < -farEnd ? -farEnd : value);
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const readers: Readonly<Record<number, (a: AttributeProto, where: string) => OnnxAttribute>> = {
  [AttributeType.INT]: ({ i }) => ({ kind: 'int', value: limitedInt(i) }),
  [AttributeType.FLOAT]: ({ f }) => ({ kind: 'float', value: f }),
  [AttributeType.STRING]: ({ s }) => ({ kind: 'string', value: text(s) }),
  [AttributeType.INTS]: ({ ints }) => ({ kind: 'ints', value: ints.map(limitedInt) }),
  [AttributeType.FLOATS]: ({ floats }) => ({ kind: 'floats', value: floats }),
  [AttributeType.STRINGS]: ({ strings }) => ({ kind: 'strings', value: strings.map(text) }),
  [AttributeType.TENSOR]: ({ t }, where) => {
    if (!t) throw new ModelLockError('corrupt', `${where}: its tensor is missing`);
    return { kind: 'tensor', value: tensorOfProto(t, where) };
  },
};

/** The attributes of a node. Throws `unsupported` for graphs within nodes and other rare kinds. */
export function attributesOf(protos: readonly AttributeProto[], where: string): OnnxAttributes {
  const attributes = new Map<string, OnnxAttribute>();
  for (const proto of protos) {
    const read = readers[proto.type];
    if (!read) {
      const kind = AttributeType[proto.type] ?? `number ${String(proto.type)}`;
      throw new ModelLockError(
        'unsupported',
        `${where}: attribute "${proto.name}" is of kind ${kind}`,
      );
    }
    attributes.set(proto.name, read(proto, `${where}, attribute "${proto.name}"`));
  }
  return attributes;
}
