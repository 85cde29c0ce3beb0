import { create, toBinary } from '@bufbuild/protobuf';
import { ModelLockError } from '../../base/error.ts';
import type { Graph } from '../../graph/graph.ts';
import { onnxTypeNumbers } from '../../graph/ops/elementwise/ops.ts';
import type { AttributeTypes, Node, Value } from '../../graph/value.ts';
import type { Shape } from '../../graph/shape.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto/onnx_pb.ts';

/** A tensor whose bytes lie in another file of the model's folder. */
export interface ExternalTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** File name, relative to the model. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface OnnxOptions {
  /** The weights that are written into the model. Parameters not among them become inputs. */
  readonly parameters?: ReadonlyMap<string, Tensor | ExternalTensor>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** ONNX opset 21 (ONNX 1.16): the first with GroupNormalization as PyTorch has it. */
export const opset = 21;
const irVersion = 10n;

/**
 * The graph as the bytes of an ONNX model. Deterministic. Throws `shape` when an output bears the
 * name of a leaf.
 */
export function encodeOnnx(graph: Graph, options: OnnxOptions = {}): Uint8Array {
  const { parameters = new Map<string, Tensor>(), metadata = {} } = options;
  const { names, aliases } = nameValues(graph);
  const used = new Set<string>(graph.outputs.keys());
  for (const node of graph.nodes)
    node.inputs.forEach((value) => value && used.add(names.get(value)!));
  const given = [...graph.parameters].filter(([name]) => !parameters.has(name));
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: 'modellock',
    opsetImport: [
      { domain: '', version: BigInt(opset) },
      ...[...new Set(graph.nodes.map((node) => node.operator.domain))].flatMap((domain) =>
        domain ? [{ domain, version: 1n }] : [],
      ),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: create(GraphProtoSchema, {
      name: 'modellock',
      node: [...graph.nodes.map((node, i) => nodeProto(node, i, names, used)), ...aliases],
      initializer: [
        ...graph.constants.map((value) => constantProto(names.get(value)!, value)),
        ...[...graph.parameters.keys()].flatMap((name) => {
          const weight = parameters.get(name);
          return weight ? [tensorProto(name, weight)] : [];
        }),
      ],
      input: [...graph.inputs, ...given].map(([name, value]) => valueInfo(name, value)),
      output: [...graph.outputs].map(([name, value]) => valueInfo(name, value)),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

type Names = ReadonlyMap<Value, string>;

/** Names every value; an output that has a name already (a leaf, or twice an output) is copied. */
function nameValues(graph: Graph): { names: Names; aliases: NodeProto[] } {
  const names = new Map<Value, string>();
  const leaves = new Map<object, string>();
  const aliases: NodeProto[] = [];
  for (const [name, value] of [...graph.inputs, ...graph.parameters])
    leaves.set(value.producer, name);
  const given = new Set(leaves.values());
  for (const name of graph.outputs.keys()) {
    if (given.has(name)) {
      throw new ModelLockError('shape', `an output and a leaf of the graph are called "${name}"`);
    }
    given.add(name);
  }
  // Weights of others may be called anything.
  const ownName = (name: string): string => (given.has(name) ? ownName(`${name}_`) : name);
  graph.constants.forEach((value, i) => leaves.set(value.producer, ownName(`constant_${i}`)));

  const outputs = new Map<string, string>();
  const key = (value: Value, ids: ReadonlyMap<object, number>): string =>
    `${ids.get(value.producer)}:${value.index}`;
  const ids = new Map<object, number>(graph.nodes.map((node, i) => [node, i]));
  for (const [name, value] of graph.outputs) {
    const known = leaves.get(value.producer) ?? outputs.get(key(value, ids));
    if (known === undefined) outputs.set(key(value, ids), name);
    else
      aliases.push(create(NodeProtoSchema, { opType: 'Identity', input: [known], output: [name] }));
  }
  const nameOf = (value: Value): string =>
    leaves.get(value.producer) ??
    outputs.get(key(value, ids)) ??
    ownName(`node_${key(value, ids)}`);
  const remember = (value: Value): void => void names.set(value, nameOf(value));

  graph.constants.forEach(remember);
  for (const node of graph.nodes) {
    node.inputs.forEach((value) => value && remember(value));
    node.outputs.forEach(remember);
  }
  return { names, aliases };
}

function nodeProto(node: Node, index: number, names: Names, used: ReadonlySet<string>): NodeProto {
  const inputs = withoutTail(node.inputs.map((value) => (value ? names.get(value)! : '')));
  // Optional outputs that nobody reads are left out: kernels save the work.
  const needed = node.outputs.length - (node.operator.optionalOutputs ?? 0);
  const outputs = withoutTail(
    node.outputs
      .map((value) => names.get(value)!)
      .map((name, i) => (i < needed || used.has(name) ? name : '')),
  );
  return create(NodeProtoSchema, {
    name: `${node.operator.name}_${index}`,
    opType: node.operator.name,
    domain: node.operator.domain ?? '',
    input: inputs,
    output: outputs,
    attribute: attributeProtos(node),
  });
}

function withoutTail(names: string[]): string[] {
  return names.slice(0, names.findLastIndex((name) => name !== '') + 1);
}

const attributeWriters: {
  [K in keyof AttributeTypes]: (value: AttributeTypes[K]) => Partial<AttributeProto>;
} = {
  int: (i) => ({ type: AttributeType.INT, i: BigInt(i) }),
  float: (f) => ({ type: AttributeType.FLOAT, f }),
  string: (s) => ({ type: AttributeType.STRING, s: utf8(s) }),
  ints: (values) => ({ type: AttributeType.INTS, ints: values.map(BigInt) }),
  floats: (floats) => ({ type: AttributeType.FLOATS, floats: [...floats] }),
  strings: (strings) => ({ type: AttributeType.STRINGS, strings: strings.map(utf8) }),
};

function attributeProtos({ operator, attributes }: Node): AttributeProto[] {
  return Object.entries(attributes).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const write = attributeWriters[operator.attributes[name]] as (
      value: AttributeTypes[keyof AttributeTypes],
    ) => Partial<AttributeProto>;
    return [create(AttributeProtoSchema, { name, ...write(value) } as AttributeProto)];
  });
}

function constantProto(name: string, value: Value): TensorProto {
  if (value.producer.kind !== 'constant') throw new TypeError(`${name} is no constant`);
  return tensorProto(name, value.producer.tensor);
}

/** A tensor as a file has it: its bytes, or where they lie. */
export function tensorProto(name: string, tensor: Tensor | ExternalTensor): TensorProto {
  const common = {
    name,
    dataType: onnxTypeNumbers[tensor.dtype],
    dims: tensor.shape.map(BigInt),
  };
  if ('data' in tensor) {
    const { buffer, byteOffset, byteLength } = tensor.data;
    const rawData = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    return create(TensorProtoSchema, { ...common, rawData });
  }
  const { location, offset, length } = tensor;
  return create(TensorProtoSchema, {
    ...common,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries({ location, offset, length }).map(([key, value]) => ({
      key,
      value: String(value),
    })),
  });
}

/** The type of a model's input or output. */
export function valueInfo(
  name: string,
  { dtype, shape }: { dtype: DType; shape: Shape },
): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: onnxTypeNumbers[dtype],
          shape: {
            dim: shape.map((dim) => ({
              value:
                typeof dim === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(dim) }
                  : { case: 'dimParam' as const, value: dim },
            })),
          },
        },
      },
    },
  });
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
