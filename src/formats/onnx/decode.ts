import { fromBinary } from '@bufbuild/protobuf';
import { ModelLockError, messageOf } from '../../base/error.ts';
import { inlineBranches } from './inline/branches.ts';
import { inlineFunctions } from './inline/functions.ts';
import { modelOf, type OnnxModel } from './model.ts';
import { ModelProtoSchema, type GraphProto, type ModelProto } from './proto/onnx_pb.ts';

/**
 * Reads the bytes of an ONNX file. Throws `corrupt` for what does not fit together and `unsupported`
 * for opsets and operators that are not read, naming the file and the node.
 */
export function parseOnnx(bytes: Uint8Array, where: string): OnnxModel {
  const { proto, lifted } = decodeOnnx(bytes, where);
  return modelOf(proto, lifted, where);
}

export interface DecodedOnnx {
  readonly proto: WithGraph;
  /** The names of tensors that were Constant nodes. */
  readonly lifted: ReadonlySet<string>;
}

/**
 * The message that a file is, as one graph: functions of its own and branches are put where they are
 * called and taken, and the tensors of Constant nodes are initialisers. Throws `corrupt` for what is no
 * such message, and `unsupported` for branches that the data decides about.
 */
export function decodeOnnx(bytes: Uint8Array, where: string): DecodedOnnx {
  const proto = messageIn(bytes, where);
  if (!hasGraph(proto)) {
    throw new ModelLockError('corrupt', `${where} is no ONNX model: it has no graph`);
  }
  const { graph } = proto;
  inlineFunctions(proto, graph, where);
  inlineBranches(proto, graph, where);
  const lifted = liftConstants(graph);
  return { proto, lifted };
}

type WithGraph = ModelProto & { graph: GraphProto };

const hasGraph = (proto: ModelProto): proto is WithGraph =>
  proto.graph !== undefined && proto.graph.node.length > 0 && proto.graph.output.length > 0;

function messageIn(bytes: Uint8Array, where: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new ModelLockError('corrupt', `${where} is no ONNX model: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Makes initialisers of the tensors of Constant nodes. @returns their names. */
function liftConstants(graph: GraphProto): ReadonlySet<string> {
  const lifted = new Set<string>();
  graph.node = graph.node.filter(({ opType, domain, attribute, output: [name = ''] }) => {
    const tensor = opType === 'Constant' && domain === '' ? attribute[0]?.t : undefined;
    if (!tensor || name === '') return true;
    tensor.name = name;
    graph.initializer.push(tensor);
    lifted.add(name);
    return false;
  });
  return lifted;
}
