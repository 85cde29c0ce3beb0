import { create, toBinary } from '@bufbuild/protobuf';
import type { Tensor } from '../../tensor/tensor.ts';
import { decodeOnnx, parseOnnx } from './decode.ts';
import type { OnnxModel } from './model.ts';
import {
  ModelProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProtoSchema,
} from './proto/onnx_pb.ts';
import { initializersOf, type Initializer } from './roles.ts';
import { isExternal, tensorOfProto } from './tensor-proto.ts';
import { tensorProto } from './write.ts';

/** What an ONNX model computes: everything but its weights, which lie elsewhere under their names. */
export interface OnnxNetwork {
  readonly model: OnnxModel;
  readonly initializers: ReadonlyMap<string, Initializer>;
  /** The initialisers that are no weights. */
  readonly constants: ReadonlyMap<string, Tensor>;
}

/**
 * The same model without the elements of its weights: small, and complete with the weights beside
 * it. What tells what it is (shapes, names) stays.
 */
export function withoutWeights(
  bytes: Uint8Array,
  constants: ReadonlyMap<string, Tensor>,
): Uint8Array {
  const { proto } = decodeOnnx(bytes, '');
  const { graph } = proto;
  graph.initializer = graph.initializer.map(({ name, dims, dataType }) => {
    const constant = constants.get(name);
    if (constant) return tensorProto(name, constant);
    return create(TensorProtoSchema, {
      name,
      dims,
      dataType,
      dataLocation: DataLocation.EXTERNAL,
    });
  });
  // Types of what is in between are inferred here, and only make the result large.
  graph.valueInfo = [];
  graph.metadataProps = [];
  proto.trainingInfo = [];
  for (const node of graph.node) [node.docString, node.metadataProps] = ['', []];
  return toBinary(ModelProtoSchema, proto);
}

/** The network of such bytes. Throws as `parseOnnx` does. */
export function openArchitecture(bytes: Uint8Array, where: string): OnnxNetwork {
  const model = parseOnnx(bytes, where);
  const initializers = new Map<string, Initializer>();
  const constants = new Map<string, Tensor>();
  for (const [name, initializer] of initializersOf(model)) {
    const proto = model.initializers.get(name)!;
    // Whatever has elements was found to be a constant when the whole file was read.
    const isConstant = !isExternal(proto);
    initializers.set(name, isConstant ? { ...initializer, role: 'constant' } : initializer);
    if (isConstant) constants.set(name, tensorOfProto(proto, where));
  }
  return { model, initializers, constants };
}
