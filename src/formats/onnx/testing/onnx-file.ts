import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { expect } from 'vitest';
import { graphOf } from '../../../graph/graph.ts';
import type { Dim } from '../../../graph/shape.ts';
import { input, type Value } from '../../../graph/value.ts';
import { loadOrt } from '../../../runtime/ort.ts';
import { Session, type Tensors } from '../../../runtime/session.ts';
import type { DType } from '../../../tensor/dtype.ts';
import { tensor, toNumbers, type Tensor } from '../../../tensor/tensor.ts';
import { openArchitecture, type OnnxNetwork } from '../architecture.ts';
import { buildOnnx } from '../build/build.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  type AttributeProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
} from '../proto/onnx_pb.ts';
import { tensorProto, valueInfo } from '../write.ts';

/** Small ONNX files as exporters write them, node by node. */

type AttributeValue =
  | number
  | string
  | readonly number[]
  | Tensor
  | TestBranch
  | { readonly float: number }
  /** In a function: a float of the call's. */
  | { readonly refersTo: string };

/** A graph within a node. */
export interface TestBranch {
  readonly branch: readonly TestNode[];
  readonly initializers?: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly string[];
}

/** A function of a model's own, of the domain `own`. */
export interface TestFunction {
  readonly name: string;
  readonly nodes: readonly TestNode[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What is taken for attributes that a call does not give. */
  readonly defaults?: Readonly<Record<string, AttributeValue>>;
  /** Default: as the model's. */
  readonly opset?: number;
}

export interface TestNode {
  readonly op: string;
  readonly in?: readonly string[];
  readonly out?: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export interface TestFile {
  /** Default 17. */
  readonly opset?: number;
  readonly nodes: readonly TestNode[];
  readonly functions?: readonly TestFunction[];
  readonly initializers?: Readonly<Record<string, Tensor>>;
  /** Initialisers as the message has them. */
  readonly protos?: readonly MessageInitShape<typeof TensorProtoSchema>[];
  /** Default: `x`, float32 [2, 3]. */
  readonly inputs?: Readonly<Record<string, readonly [dtype: DType, shape: readonly Dim[]]>>;
  /** Default: `y`. */
  readonly outputs?: readonly string[];
}

/** An attribute: whole numbers are ints; a float that is one is written as `{ float: 1 }`. */
function attributeOf(
  name: string,
  value: AttributeValue,
): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'string') {
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  }
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? { name, type: AttributeType.INT, i: BigInt(value) }
      : { name, type: AttributeType.FLOAT, f: value };
  }
  if ('branch' in value) {
    const g = {
      name,
      node: value.branch.map(nodeOf),
      initializer: tensorsOf(value.initializers),
      output: value.outputs.map((key) => ({ name: key })),
    };
    return { name, type: AttributeType.GRAPH, g };
  }
  if ('refersTo' in value) return { name, type: AttributeType.FLOAT, refAttrName: value.refersTo };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('dtype' in value) return { name, type: AttributeType.TENSOR, t: tensorProto('', value) };
  return { name, type: AttributeType.INTS, ints: value.map(BigInt) };
}

const attributesOf = (values: TestNode['attributes'] = {}) =>
  Object.entries(values).map(([key, value]) => attributeOf(key, value));

const tensorsOf = (tensors: Readonly<Record<string, Tensor>> = {}) =>
  Object.entries(tensors).map(([key, value]) => tensorProto(key, value));

function nodeOf(node: TestNode): MessageInitShape<typeof NodeProtoSchema> {
  return {
    opType: node.op,
    name: node.name ?? '',
    domain: node.domain ?? '',
    input: [...(node.in ?? ['x'])],
    output: [...(node.out ?? ['y'])],
    attribute: attributesOf(node.attributes),
  };
}

const ownDomain = { domain: 'own', version: 1n };

/** The bytes of a file. */
export function onnxFile(file: TestFile): Uint8Array {
  const { opset = 17, nodes, functions = [], initializers, protos = [], outputs = ['y'] } = file;
  const { inputs = { x: ['float32', [2, 3]] } } = file;
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'test',
      opsetImport: [
        { domain: '', version: BigInt(opset) },
        ...(functions.length > 0 ? [ownDomain] : []),
      ],
      functions: functions.map((body) => ({
        name: body.name,
        domain: 'own',
        input: [...body.inputs],
        output: [...body.outputs],
        node: body.nodes.map(nodeOf),
        attributeProto: attributesOf(body.defaults),
        opsetImport: [{ domain: '', version: BigInt(body.opset ?? opset) }, ownDomain],
      })),
      graph: {
        name: 'test',
        node: nodes.map(nodeOf),
        initializer: [...tensorsOf(initializers), ...protos],
        input: Object.entries(inputs).map(([key, [dtype, shape]]) =>
          valueInfo(key, { dtype, shape }),
        ),
        output: outputs.map((key) => ({ name: key })),
      },
    }),
  );
}

/** Numbers between -2 and 2 that look like none in particular. */
export function waves(shape: readonly number[], seed = 0): Tensor<'float32'> {
  const length = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length }, (_, i) => 2 * Math.sin(1 + 2.3 * i + seed));
  return tensor('float32', shape, values);
}

/** What a file computes in the graph language, for inputs of these types. */
export function built(
  network: OnnxNetwork,
  shapes: Readonly<Record<string, readonly [DType, readonly Dim[]]>>,
): Readonly<Record<string, Value>> {
  const inputs = new Map(
    Object.entries(shapes).map(([name, [dtype, shape]]) => [name, input(name, dtype, shape)]),
  );
  return Object.fromEntries(buildOnnx(network, { inputs }));
}

/** Results of ONNX Runtime running the file itself. */
async function runFile(bytes: Uint8Array, feeds: Tensors): Promise<Record<string, Tensor>> {
  const ort = await loadOrt();
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, t]) => [
      name,
      new ort.Tensor(t.dtype as 'float32', t.data as Float32Array, t.shape),
    ]),
  );
  const results = await session.run(given);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, t]) => [
      name,
      tensor(t.type as DType, t.dims, t.data as Float32Array),
    ]),
  );
}

/**
 * Expects that the file computes the same in the graph language as ONNX Runtime makes of it, both
 * with shapes in numbers and with a named first axis. Gives the operators that it came to be.
 */
export async function expectSame(
  file: TestFile,
  feeds: Tensors = { x: waves([2, 3]) },
  { named = true }: { readonly named?: boolean } = {},
): Promise<readonly string[]> {
  const bytes = onnxFile({
    ...file,
    inputs: Object.fromEntries(
      Object.entries(feeds).map(([name, t]) => [name, [t.dtype, t.shape] as const]),
    ),
  });
  const expected = await runFile(bytes, feeds);
  // Nothing is left out of these bytes, so all that they hold are constants.
  const network = openArchitecture(bytes, 'test.onnx');
  let operators: readonly string[] = [];
  for (const isNamed of named ? [true, false] : [false]) {
    const values = built(
      network,
      Object.fromEntries(
        Object.entries(feeds).map(([name, { dtype, shape }]) => [
          name,
          [dtype, isNamed ? ['batch', ...shape.slice(1)] : shape] as const,
        ]),
      ),
    );
    const graph = graphOf(values);
    operators = graph.nodes.map(({ operator }) => operator.name);
    const session = await Session.create(graph);
    const used = Object.entries(feeds).filter(([name]) => session.inputNames.includes(name));
    const results = await session.run(Object.fromEntries(used));
    await session.dispose();
    for (const [name, wanted] of Object.entries(expected)) {
      expect([name, results[name].dtype, results[name].shape]).toEqual([
        name,
        wanted.dtype,
        wanted.shape,
      ]);
      const [a, b] = [toNumbers(results[name]), toNumbers(wanted)];
      a.forEach((value, i) => expect(value).toBeCloseTo(b[i], 4));
    }
  }
  return operators;
}
