import { ModelLockError } from '../../base/error.ts';
import type { ValueType } from '../../graph/value.ts';
import type { Dim } from '../../graph/shape.ts';
import { attributesOf, type OnnxAttributes } from './attributes.ts';
import { domainNamed } from './domain.ts';
import { inOrder } from './order.ts';
import type {
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './proto/onnx_pb.ts';
import { requireSupported } from './supported.ts';
import { dtypeNumbered } from './tensor-proto.ts';

/** The versions of ONNX's operators that are read. */
export const oldestOpset = 11;
export const newestOpset = 22;

/** A node of a file. */
export interface OnnxNode {
  readonly operator: string;
  /** Its name and operator, for messages. */
  readonly label: string;
  /** Names of tensors; '' where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** An ONNX file, checked: every name is given once and before it is used. */
export interface OnnxModel {
  /** The file, for messages. */
  readonly where: string;
  readonly opset: number;
  readonly producer: string;
  /** What a run is given, without the initialisers, which may stand among a file's inputs. */
  readonly inputs: ReadonlyMap<string, ValueType>;
  readonly outputs: readonly string[];
  /** In an order in which they can be computed. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Those of them that the file has as Constant nodes: as some exporters write weights, too. */
  readonly inNodes: ReadonlySet<string>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** What of a decoded file is read. */
export type ModelWithGraph = Pick<ModelProto, 'opsetImport' | 'producerName' | 'metadataProps'> & {
  readonly graph: GraphProto;
};

/**
 * A decoded file, checked. Throws `corrupt` for what does not fit together and `unsupported` for
 * opsets and operators that are not read, naming the file and the node.
 *
 * @param inNodes the initialisers that were Constant nodes.
 */
export function modelOf(
  proto: ModelWithGraph,
  inNodes: ReadonlySet<string>,
  where: string,
): OnnxModel {
  const { graph } = proto;
  const opset = opsetOf(proto, where);
  requireSupported(graph, where);
  const initializers = initializersOf(graph, where);
  const inputs = inputsOf(graph, initializers, where);
  const nodes = inOrder(
    graph.node.map((node, i) => nodeOf(node, i, where)),
    [...inputs.keys(), ...initializers.keys()],
    where,
  );
  const outputs = graph.output.map(({ name }) => name);
  const given = new Set([
    ...inputs.keys(),
    ...initializers.keys(),
    ...nodes.flatMap((node) => node.outputs),
  ]);
  const missing = outputs.find((name) => !given.has(name));
  if (missing !== undefined) {
    throw new ModelLockError('corrupt', `${where}: nothing gives the output "${missing}"`);
  }
  return {
    where,
    opset,
    producer: proto.producerName,
    inputs,
    outputs,
    nodes,
    initializers,
    inNodes,
    metadata: new Map(proto.metadataProps.map(({ key, value }) => [key, value])),
  };
}

function opsetOf({ opsetImport }: ModelWithGraph, where: string): number {
  const own = opsetImport.find(({ domain }) => domainNamed(domain) === '');
  if (!own) throw new ModelLockError('corrupt', `${where} names no version of ONNX's operators`);
  const version = Number(own.version);
  if (version < oldestOpset || version > newestOpset) {
    throw new ModelLockError('unsupported', `${where} is of opset ${version}`, {
      valid: [`${oldestOpset} to ${newestOpset}`],
    });
  }
  return version;
}

function initializersOf(graph: GraphProto, where: string): Map<string, TensorProto> {
  const initializers = new Map<string, TensorProto>();
  for (const tensor of graph.initializer) {
    if (tensor.name === '' || initializers.has(tensor.name)) {
      throw new ModelLockError('corrupt', `${where}: two initialisers are called "${tensor.name}"`);
    }
    initializers.set(tensor.name, tensor);
  }
  return initializers;
}

function inputsOf(
  graph: GraphProto,
  initializers: ReadonlyMap<string, TensorProto>,
  where: string,
): Map<string, ValueType> {
  const inputs = new Map<string, ValueType>();
  for (const info of graph.input) {
    if (initializers.has(info.name)) continue;
    if (inputs.has(info.name)) {
      throw new ModelLockError('corrupt', `${where}: two inputs are called "${info.name}"`);
    }
    inputs.set(info.name, typeOf(info, where));
  }
  return inputs;
}

/** The type of an input. Axes of no name get one of their own. */
function typeOf({ name, type }: ValueInfoProto, where: string): ValueType {
  const what = `${where}: input "${name}"`;
  if (type?.value.case !== 'tensorType') {
    throw new ModelLockError('unsupported', `${what} is no tensor`);
  }
  const { elemType, shape } = type.value.value;
  if (!shape) throw new ModelLockError('unsupported', `${what} has no shape`);
  const dims = shape.dim.map(({ value }, axis): Dim => {
    if (value.case !== 'dimValue') {
      // A name that begins with a factor would be taken for a multiple of another.
      const symbol = value.value?.replaceAll('*', 'x') ?? '';
      return symbol === '' ? `${name}.${axis}` : symbol;
    }
    const dim = Number(value.value);
    if (Number.isSafeInteger(dim) && dim > 0) return dim;
    // Older exporters write 0 or -1 for an axis that is free.
    return `${name}.${axis}`;
  });
  return { dtype: dtypeNumbered(elemType, what), shape: dims };
}

function nodeOf(node: NodeProto, index: number, where: string): OnnxNode {
  const label = labelOf(node, index);
  const attributes = attributesOf(node.attribute, `${where}: ${label}`);
  const isByItself =
    node.opType === 'BatchNormalization' && attributes.get('training_mode')?.value === 1;
  return {
    operator: node.opType,
    label,
    // By its input's own statistics it does nothing with running ones.
    inputs: isByItself ? node.input.slice(0, 3) : node.input,
    outputs: node.output,
    attributes,
  };
}

/** How messages name a node: by its own name, or by its place. */
export function labelOf({ name, opType }: NodeProto, index: number): string {
  return name === '' ? `node ${index} (${opType})` : `node "${name}" (${opType})`;
}
