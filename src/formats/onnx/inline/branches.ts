import { create } from '@bufbuild/protobuf';
import { ModelLockError } from '../../../base/error.ts';
import { constantOf, input } from '../../../graph/value.ts';
import { buildOnnx } from '../build/build.ts';
import { labelOf, modelOf, type ModelWithGraph } from '../model.ts';
import {
  GraphProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from '../proto/onnx_pb.ts';
import { initializersOf } from '../roles.ts';
import { isExternal, tensorOfProto } from '../tensor-proto.ts';
import { inlined, TensorNames } from './inlined.ts';

/**
 * Puts in the place of each `If` the branch that is taken: exporters write one where they do not know
 * a shape, such as whether an axis that is to be squeezed has the length 1. Changes `graph`.
 *
 * Throws `unsupported` for conditions that the shapes of the inputs do not decide.
 *
 * @param graph that of `model`.
 * @param where the file, for messages.
 */
export function inlineBranches(model: ModelProto, graph: GraphProto, where: string): void {
  let names: TensorNames | undefined;
  for (let next = nextIf(graph); next; next = nextIf(graph)) {
    const { node, before } = next;
    names ??= new TensorNames(graph);
    const label = `${where}: ${labelOf(node, graph.node.indexOf(node))}`;
    const { initializer, input: inputs } = graph;
    const part = create(GraphProtoSchema, {
      node: [...before],
      initializer,
      input: inputs,
      output: [{ name: node.input[0] ?? '' }],
    });
    const { opsetImport, producerName, metadataProps } = model;
    const condition = { opsetImport, producerName, metadataProps, graph: part };
    const taken = isTrue(condition, where, label) ? 'then_branch' : 'else_branch';
    const branch = node.attribute.find(({ name }) => name === taken)?.g;
    if (!branch || branch.output.length < node.output.length) {
      throw new ModelLockError('corrupt', `${label} has no whole ${taken}`);
    }
    const nodes = nodesOf(branch, node, names);
    graph.initializer.push(...branch.initializer);
    graph.node = graph.node.flatMap((own) => (own === node ? nodes : [own]));
  }
}

/** The first `If` whose condition waits for no other, and the nodes that the condition is computed by. */
function nextIf({ node: nodes }: GraphProto): Branching | undefined {
  const branching = nodes.filter(({ opType, domain }) => opType === 'If' && domain === '');
  if (branching.length === 0) return undefined;
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node])));
  for (const node of branching) {
    const before = new Set<NodeProto>();
    const names = node.input.slice(0, 1);
    for (const name of names) {
      const source = producers.get(name);
      if (!source || before.has(source)) continue;
      before.add(source);
      names.push(...source.input);
    }
    if (branching.every((other) => !before.has(other))) return { node, before };
  }
  return undefined;
}

interface Branching {
  readonly node: NodeProto;
  readonly before: ReadonlySet<NodeProto>;
}

/** Whether the output of a model, which the shapes of its inputs decide, is true. */
function isTrue(proto: ModelWithGraph, where: string, label: string): boolean {
  const model = modelOf(proto, new Set(), where);
  const [condition] = model.outputs;
  const initializers = initializersOf(model);
  const constants = new Map(
    [...model.initializers]
      .filter(([name, proto]) => initializers.get(name)!.role === 'constant' && !isExternal(proto))
      .map(([name, proto]) => [name, tensorOfProto(proto, where)]),
  );
  const inputs = new Map(
    [...model.inputs].map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]),
  );
  const undecided = (reason: string, cause?: unknown): ModelLockError =>
    new ModelLockError('unsupported', `${label}: which branch is taken ${reason}`, { cause });
  let held;
  try {
    const network = { model, initializers, constants };
    const value = buildOnnx(network, { inputs, outputs: [condition] }).get(condition)!;
    [held] = constantOf(value)?.data ?? [];
  } catch (error) {
    if (!(error instanceof ModelLockError) || error.code !== 'shape') throw error;
    throw undecided(error.message, error);
  }
  if (held === undefined) throw undecided('is decided by the data');
  return Number(held) !== 0;
}

/** The nodes of a branch, with the names of the outputs of its `If`. Its initialisers are renamed, too. */
function nodesOf(branch: GraphProto, call: NodeProto, names: TensorNames): readonly NodeProto[] {
  const own = new Set(branch.initializer.map(({ name }) => name));
  for (const name of branch.node.flatMap(({ output }) => output)) own.add(name);
  const fresh = names.place();
  const { nodes, renaming } = inlined(
    { nodes: branch.node, outputs: branch.output.map(({ name }) => name) },
    call,
    new Map(),
    // What is from outside keeps its name.
    (name) => (own.has(name) ? fresh(name) : name),
  );
  for (const tensor of branch.initializer) tensor.name = renaming(tensor.name);
  return nodes;
}
