import { create, toBinary } from '@bufbuild/protobuf';
import { ModelLockError } from '../../base/error.ts';
import { type Dim, type Shape } from '../../graph/shape.ts';
import { input, type Value } from '../../graph/value.ts';
import { int64 } from '../../tensor/tensor.ts';
import { openArchitecture, type OnnxNetwork } from './architecture.ts';
import { requirePicturesApart } from './batch-mixing.ts';
import {
  batchAxisOf,
  batchSizeAt,
  freedExpand,
  freedReshape,
  shortPieces,
  type Joined,
} from './build/batch-shapes.ts';
import { buildOnnx, type Preparation } from './build/build.ts';
import { isKnown, knownInts, valueOf, type Edge } from './build/known.ts';
import { expandTo } from './build/named-axes.ts';
import { answerOf } from './head.ts';
import { decodeOnnx } from './decode.ts';
import type { OnnxNode } from './model.ts';
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

/**
 * A network of pictures for batches of any length. One that was exported for a fixed batch, the
 * first axis of its input, has that length in the shapes of its graph; they are written anew.
 *
 * Throws `unsupported` where it cannot be told from them where the batch is, and where pictures of a
 * batch would mix.
 *
 * @param picture the shape of a picture: the input's, without the batch and without names.
 */
export function withFreeBatch(own: Architecture, picture: readonly number[]): Architecture {
  const { model } = own.network;
  const [[name, { dtype, shape }]] = model.inputs;
  const [batch, ...rest] = shape;
  if (typeof batch !== 'number') return own;
  const answer = answerOf(own.network);
  const results = (first: Dim, prepare?: Preparation): ReadonlyMap<string, Value> => {
    const inputs = new Map([[name, input(name, dtype, [first, ...picture])]]);
    return buildOnnx(own.network, { inputs, prepare, outputs: [answer] });
  };
  // What fails with the fixed batch as well is no matter of the batch.
  results(batch);
  const changes: Change[] = [];
  try {
    const freed = results(batchAxis, freeing(batch, changes)).get(answer)!;
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
  const { graph } = proto;
  const at = graph.input.findIndex((info) => info.name === name);
  graph.input[at] = valueInfo(name, { dtype, shape: [batchAxis, ...rest] });
  for (const change of changes) change(graph);
  const architecture = toBinary(ModelProtoSchema, proto);
  return { network: openArchitecture(architecture, model.where), architecture };
}

/** What is to be done to a file. */
type Change = (graph: GraphProto) => void;

/** A node of a file, and what comes in when the batch is free. */
interface Place {
  readonly node: OnnxNode;
  readonly inputs: Parameters<Preparation>[1];
  readonly around: Parameters<Preparation>[2];
  /** The length that the batch had. */
  readonly batch: number;
  readonly changes: Change[];
}

/** What goes into a node for a free batch. */
type Freed = (place: Place) => ReturnType<Preparation>;

/** Gives nodes what they need for a free batch, and notes how the file has to say it. */
function freeing(batch: number, changes: Change[]): Preparation {
  return (node, inputs, around) =>
    freed[node.operator]?.({ node, inputs, around, batch, changes }) ?? inputs;
}

const shapeOf = (edge: Edge | undefined): Shape => edge?.shape ?? [];

/** The numbers that an input holds. What is computed from the input's shape has the batch already. */
function numbersAt(index: number, { inputs }: Place): readonly number[] | undefined {
  const edge = inputs[index];
  if (!isKnown(edge)) return undefined;
  const numbers = edge.elements.filter((dim) => typeof dim === 'number');
  return numbers.length < edge.elements.length ? undefined : numbers;
}

type Target = (from: Shape, wanted: readonly number[], place: Place) => readonly number[];

/** A node that is told the shape of its result. */
const toTarget =
  (target: Target): Freed =>
  (place) => {
    const { node, inputs, changes } = place;
    const wanted = numbersAt(1, place);
    const from = shapeOf(inputs[0]);
    if (!wanted || batchAxisOf(from) < 0) return inputs;
    const shape = target(from, wanted, place);
    changes.push((graph) => {
      nodeOf(graph, node.outputs[0]).input[1] = addInts(graph, `${node.outputs[0]}/shape`, shape);
    });
    return inputs.with(1, knownInts(shape));
  };

/** A Resize to sizes: among them is that of the batch, which stays as it is. */
const resized: Freed = (place) => {
  const { node, inputs, batch, changes } = place;
  const wanted = numbersAt(3, place);
  const from = shapeOf(inputs[0]);
  const axis = batchAxisOf(from);
  if (!wanted || axis < 0) return inputs;
  const at = batchSizeAt(from, wanted, { batch, axes: axesOf(node) });
  if (at < 0) return inputs;
  changes.push((graph) => {
    const sizes = { before: wanted.slice(0, at), after: wanted.slice(at + 1) };
    const like = { name: node.inputs[0], axis };
    nodeOf(graph, node.outputs[0]).input[3] = addShape(graph, node.outputs[0], sizes, like);
  });
  return inputs.with(3, knownInts(([...wanted] as Dim[]).with(at, from[axis])));
};

function axesOf({ attributes }: OnnxNode): readonly number[] | undefined {
  const axes = attributes.get('axes');
  return axes?.kind === 'ints' ? axes.value : undefined;
}

/** A Concat, some pieces of which have one row where others have the batch. */
const joined: Freed = ({ node, inputs, around, changes }) => {
  const shapes = inputs.map(shapeOf);
  const short = shortPieces(shapes, Number(node.attributes.get('axis')?.value));
  if (!short) return inputs;
  const { length: rank } = shapes[0];
  changes.push((graph) => repeatPieces(graph, node, short, rank));
  const rows = Array.from({ length: rank }, (_, i) => (i === short.axis ? batchAxis : 1));
  return inputs.map((edge, i) =>
    edge && short.pieces.includes(i) ? expandTo(valueOf(edge), rows, around) : edge,
  );
};

/** The operators of which files say something with the batch in it. */
const freed: Readonly<Partial<Record<string, Freed>>> = {
  Concat: joined,
  Expand: toTarget((from, wanted, { batch }) => freedExpand(from, wanted, batch)),
  Reshape: toTarget((from, wanted, { batch, node: { attributes } }) =>
    freedReshape(from, wanted, { batch, allowZero: attributes.get('allowzero')?.value === 1 }),
  ),
  Resize: resized,
};

/** Expands pieces of a Concat to the length that another piece has along an axis. */
function repeatPieces(
  graph: GraphProto,
  { inputs, outputs: [output] }: OnnxNode,
  { pieces, like, axis }: Joined,
  rank: number,
): void {
  const ones = {
    before: Array<number>(axis).fill(1),
    after: Array<number>(rank - axis - 1).fill(1),
  };
  const rows = addShape(graph, output, ones, { name: inputs[like], axis });
  const node = nodeOf(graph, output);
  for (const i of pieces) {
    node.input[i] = addNode(graph, 'Expand', [inputs[i], rows], `${output}/piece ${i}`);
  }
}

/** Adds what computes whole numbers, between them the length of an axis of a tensor. @returns its name. */
function addShape(
  graph: GraphProto,
  output: string,
  { before, after }: { readonly before: readonly number[]; readonly after: readonly number[] },
  { name, axis }: { readonly name: string; readonly axis: number },
): string {
  const named = (what: string): string => `${output}/${what}`;
  const ints = (what: string, values: readonly number[]): string[] =>
    values.length === 0 ? [] : [addInts(graph, named(what), values)];
  const whole = addNode(graph, 'Shape', [name], named('whole'));
  const bounds = [...ints('start', [axis]), ...ints('end', [axis + 1])];
  const length = addNode(graph, 'Slice', [whole, ...bounds], named('batch'));
  graph.node.push(
    create(NodeProtoSchema, {
      opType: 'Concat',
      input: [...ints('before', before), length, ...ints('after', after)],
      output: [named('shape')],
      attribute: [{ name: 'axis', type: AttributeType.INT, i: 0n }],
    }),
  );
  return named('shape');
}

/** Adds a node. @returns the name of its output. */
function addNode(graph: GraphProto, opType: string, input: string[], output: string): string {
  graph.node.push(create(NodeProtoSchema, { opType, input, output: [output] }));
  return output;
}

/** The node that gives a tensor. */
const nodeOf = (graph: GraphProto, output: string): GraphProto['node'][number] =>
  graph.node.find((node) => node.output[0] === output)!;

/** Adds whole numbers to a file. @returns their name. */
function addInts(graph: GraphProto, name: string, values: readonly number[]): string {
  graph.initializer.push(tensorProto(name, int64([values.length], values)));
  return name;
}
