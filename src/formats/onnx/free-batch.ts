import { create, toBinary } from '@bufbuild/protobuf';
import { ModelLockError } from '../../base/error.ts';
import { type Dim, type Shape } from '../../graph/shape.ts';
import { input, type Value } from '../../graph/value.ts';
import { int64 } from '../../tensor/tensor.ts';
import { openArchitecture, type OnnxNetwork } from './architecture.ts';
import { requirePicturesApart } from './batch-mixing.ts';
import {
  batchAxisOf,
  freedExpand,
  freedReshape,
  shortPieces,
  type Joined,
} from './build/batch-shapes.ts';
import { buildOnnx, type Preparation } from './build/build.ts';
import { isKnown, knownInts, valueOf } from './build/known.ts';
import { expandTo } from './build/named-axes.ts';
import { decodeOnnx, type OnnxNode } from './model.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  NodeProtoSchema,
  type GraphProto,
} from './proto/onnx_pb.ts';
import { tensorProto, valueInfo } from './write.ts';

/** A network, and the same as the bytes of an ONNX model without weights. */
export interface Architecture {
  readonly network: OnnxNetwork;
  readonly architecture: Uint8Array;
}

/** The name of the axis that takes the place of a fixed one. */
const batchAxis = 'batch';

/** Side of pictures where a network takes any. */
const anySide = 224;

/**
 * A network of pictures for batches of any length. One that was exported for a fixed batch, the
 * first axis of its input, has that length in the shapes of its graph; they are written anew.
 * Throws `unsupported` where it cannot be told from them where the batch is, and where pictures of a
 * batch would mix.
 */
export function withFreeBatch(own: Architecture): Architecture {
  const { model } = own.network;
  const [[name, { dtype, shape }]] = model.inputs;
  const [batch, ...rest] = shape;
  if (typeof batch !== 'number') return own;
  const sides = rest.map((dim) => (typeof dim === 'number' ? dim : anySide));
  const results = (first: Dim, prepare?: Preparation): ReadonlyMap<string, Value> => {
    const inputs = new Map([[name, input(name, dtype, [first, ...sides])]]);
    return buildOnnx(own.network, { inputs, prepare, outputs: [model.outputs[0]] });
  };
  // What fails with the fixed batch as well is no matter of the batch.
  results(batch);
  const changes: Change[] = [];
  try {
    const freed = results(batchAxis, freeing(batch, changes)).get(model.outputs[0])!;
    if (batchAxisOf(freed.shape) !== 0) throw new ModelLockError('shape', 'the batch is lost');
    requirePicturesApart(freed);
  } catch (error) {
    if (!(error instanceof ModelLockError)) throw error;
    throw new ModelLockError(
      'unsupported',
      `${model.where} was exported for batches of ${batch}; export it with a free batch axis (dynamic_axes)`,
      { cause: error },
    );
  }
  const { proto } = decodeOnnx(own.architecture, model.where);
  const graph = proto.graph!;
  const at = graph.input.findIndex((info) => info.name === name);
  graph.input[at] = valueInfo(name, { dtype, shape: [batchAxis, ...rest] });
  for (const change of changes) change(graph);
  const architecture = toBinary(ModelProtoSchema, proto);
  return { network: openArchitecture(architecture, model.where), architecture };
}

/** What is to be done to a file. */
type Change = (graph: GraphProto) => void;

/** Gives nodes what they need for a free batch, and notes how the file has to say it. */
function freeing(batch: number, changes: Change[]): Preparation {
  return (node, inputs, around) => {
    const shapes = inputs.map((edge) => edge?.shape ?? []);
    const axes = shapes.map(batchAxisOf);
    if (node.operator === 'Concat') {
      const along = Number(node.attributes.get('axis')?.value);
      const short = shortPieces(shapes, along);
      if (!short) return inputs;
      changes.push((graph) => repeatPieces(graph, node, short, shapes[0].length));
      const rows = oneAxis(shapes[0].length, short.axis, batchAxis);
      return inputs.map((edge, i) =>
        edge && short.pieces.includes(i) ? expandTo(valueOf(edge), rows, around) : edge,
      );
    }
    const target = targets[node.operator];
    const to = inputs[1];
    if (!target || axes[0] < 0 || !isKnown(to)) return inputs;
    const wanted = to.elements.filter((dim) => typeof dim === 'number');
    // A target that is computed from the input's shape has the batch already.
    if (wanted.length < to.elements.length) return inputs;
    const shape = target(shapes[0], wanted, batch, node);
    changes.push((graph) => {
      nodeOf(graph, node.outputs[0]).input[1] = addInts(graph, `${node.outputs[0]}/shape`, shape);
    });
    return inputs.with(1, knownInts(shape));
  };
}

type Target = (
  from: Shape,
  wanted: readonly number[],
  batch: number,
  node: OnnxNode,
) => readonly number[];

/** What operators ask for that are told a shape. */
const targets: Readonly<Partial<Record<string, Target>>> = {
  Expand: freedExpand,
  Reshape: (from, wanted, batch, { attributes }) =>
    freedReshape(from, wanted, { batch, allowZero: attributes.get('allowzero')?.value === 1 }),
};

/** A shape of ones but for an axis. */
const oneAxis = <T>(rank: number, axis: number, length: T): (T | 1)[] =>
  Array.from({ length: rank }, (_, i) => (i === axis ? length : 1));

/** Expands pieces of a Concat to the length that another piece has along an axis. */
function repeatPieces(
  graph: GraphProto,
  { inputs, outputs: [output] }: OnnxNode,
  { pieces, like, axis }: Joined,
  rank: number,
): void {
  const named = (what: string): string => `${output}/${what}`;
  const add = (opType: string, input: string[], result: string): void => {
    graph.node.push(create(NodeProtoSchema, { opType, input, output: [result] }));
  };
  const ints = (what: string, values: readonly number[]): string =>
    addInts(graph, named(what), values);
  const ones = (what: string, count: number): string[] =>
    count === 0 ? [] : [ints(what, Array<number>(count).fill(1))];
  add('Shape', [inputs[like]], named('whole'));
  add('Slice', [named('whole'), ints('start', [axis]), ints('end', [axis + 1])], named('batch'));
  const parts = [...ones('before', axis), named('batch'), ...ones('after', rank - axis - 1)];
  graph.node.push(
    create(NodeProtoSchema, {
      opType: 'Concat',
      input: parts,
      output: [named('rows')],
      attribute: [{ name: 'axis', type: AttributeType.INT, i: 0n }],
    }),
  );
  const joined = nodeOf(graph, output);
  for (const i of pieces) {
    add('Expand', [inputs[i], named('rows')], named(`piece ${i}`));
    joined.input[i] = named(`piece ${i}`);
  }
}

/** The node that gives a tensor. */
const nodeOf = (graph: GraphProto, output: string): GraphProto['node'][number] =>
  graph.node.find((node) => node.output[0] === output)!;

/** Adds whole numbers to a file. @returns their name. */
function addInts(graph: GraphProto, name: string, values: readonly number[]): string {
  graph.initializer.push(tensorProto(name, int64([values.length], values)));
  return name;
}
