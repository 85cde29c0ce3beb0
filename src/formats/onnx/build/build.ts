import { ModelLockError } from '../../../base/error.ts';
import { batchNorm } from '../../../graph/ops/norm/ops.ts';
import { less } from '../../../graph/ops/binary/ops.ts';
import { slice } from '../../../graph/ops/movement/join-ops.ts';
import { reshape } from '../../../graph/ops/movement/shape-ops.ts';
import { showShape } from '../../../graph/shape.ts';
import { parameter, type Value } from '../../../graph/value.ts';
import type { OnnxNetwork } from '../architecture.ts';
import type { OnnxModel, OnnxNode } from '../model.ts';
import type { Initializer } from '../roles.ts';
import { Call, type Normalisation, type Surroundings } from './call.ts';
import { evaluated } from './evaluate.ts';
import { edgeOf, isKnown, requireLengths, valueOf, type Edge } from './known.ts';
import { simplified } from './simplify.ts';
import { translations } from './translations.ts';

/** No tensor of a step has as many elements; a hostile file may ask for more. */
const mostElements = 2 ** 34;

export interface BuildOptions {
  /** The values of the model's inputs, by name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** What stands for a weight. Default: a parameter of its name. */
  readonly weight?: (name: string, initializer: Initializer) => Value;
  /** Names of the tensors that are wanted. Default: the model's outputs. */
  readonly outputs?: readonly string[];
  /** Default: by the statistics that the model has. */
  readonly normalisation?: Normalisation;
  /** Puts other inputs into a node. Default: those that the file has. */
  readonly prepare?: Preparation | undefined;
}

/** What goes into a node, in place of its inputs. */
export type Preparation = (
  node: OnnxNode,
  inputs: readonly (Edge | undefined)[],
  around: Surroundings,
) => readonly (Edge | undefined)[];

const keptStatistics: Normalisation = (x, { scale, bias, mean, variance, epsilon }) =>
  batchNorm(x, scale, bias, { mean, variance }, epsilon);

/**
 * Builds what an ONNX model computes in the graph language: the values of the wanted tensors, by
 * name. Shapes that the model computes are worked out on the way, and forms that exporters take
 * apart are put together again. Axes of the inputs may be named.
 *
 * Throws the error of the operator, naming the file and the node, where tensors do not fit together.
 */
export function buildOnnx(network: OnnxNetwork, options: BuildOptions): ReadonlyMap<string, Value> {
  const { model } = network;
  const builder = new Builder(network, options);
  const { outputs = model.outputs } = options;
  for (const node of nodesFor(model, outputs)) builder.add(node);
  return new Map(outputs.map((name) => [name, builder.result(name)]));
}

/** The nodes that some tensors depend on, in order. */
function nodesFor({ nodes }: OnnxModel, wanted: readonly string[]): readonly OnnxNode[] {
  const needed = new Set(wanted);
  const kept = nodes.toReversed().filter(({ inputs, outputs }) => {
    const isNeeded = outputs.some((name) => name !== '' && needed.has(name));
    if (isNeeded) inputs.forEach((name) => needed.add(name));
    return isNeeded;
  });
  return kept.reverse();
}

class Builder implements Surroundings {
  readonly opset: number;
  readonly normalisation: Normalisation;
  readonly #model: OnnxModel;
  readonly #network: OnnxNetwork;
  readonly #weight: NonNullable<BuildOptions['weight']>;
  readonly #prepare: Preparation;
  readonly #edges = new Map<string, Edge>();
  /** A value for each named axis, to take zeros of its length from. */
  readonly #carriers = new Map<string, Value>();

  constructor(network: OnnxNetwork, options: BuildOptions) {
    this.#network = network;
    this.#model = network.model;
    this.opset = network.model.opset;
    this.normalisation = options.normalisation ?? keptStatistics;
    this.#prepare = options.prepare ?? ((_node, inputs) => inputs);
    this.#weight = options.weight ?? ((name, { shape }) => parameter(name, shape));
    for (const [name, value] of options.inputs) this.#set(name, value);
  }

  add(node: OnnxNode): void {
    try {
      const own = node.inputs.map((name) => this.#edge(name));
      const call = new Call(node, this.#prepare(node, own, this), this);
      const results = evaluated(call) ?? translations[node.operator](call).map(simplifiedEdge);
      node.outputs.forEach((name, i) => {
        const result = results[i];
        if (name !== '' && result) this.#set(name, result);
      });
    } catch (error) {
      if (!(error instanceof ModelLockError)) throw error;
      const { where } = this.#model;
      throw new ModelLockError(error.code, `${where}: ${node.label}: ${error.message}`, {
        cause: error,
      });
    }
  }

  result(name: string): Value {
    const edge = this.#edge(name);
    if (edge) return valueOf(edge);
    throw new ModelLockError('corrupt', `${this.#model.where}: nothing gives "${name}"`);
  }

  zerosAlong(dim: string): Value {
    const carrier = this.#carriers.get(dim);
    if (!carrier) throw new ModelLockError('shape', `nothing is as long as the axis "${dim}"`);
    const corner = carrier.shape.flatMap((length, axis) =>
      length === dim || length === 1 ? [] : [{ axis, end: 1 }],
    );
    const line = reshape(corner.length > 0 ? slice(carrier, ...corner) : carrier, [dim]);
    // Nothing is less than itself: false even where the data has values that are no numbers.
    return less(line, line);
  }

  #edge(name: string): Edge | undefined {
    if (name === '') return undefined;
    const found = this.#edges.get(name);
    if (found) return found;
    const initializer = this.#network.initializers.get(name);
    if (!initializer) {
      throw new ModelLockError(
        'unsupported',
        `its input "${name}" is an output that is not supported`,
      );
    }
    const constant = this.#network.constants.get(name);
    const edge = constant ? edgeOf(constant) : this.#weight(name, initializer);
    this.#edges.set(name, edge);
    return edge;
  }

  #set(name: string, edge: Edge): void {
    requireSize(edge);
    this.#edges.set(name, edge);
    if (isKnown(edge)) return;
    for (const dim of edge.shape) {
      const others = edge.shape.filter((other) => other !== dim);
      const isAlone = others.length === edge.shape.length - 1;
      if (typeof dim !== 'string' || !isAlone || this.#carriers.has(dim)) continue;
      if (others.every((other) => typeof other === 'number')) this.#carriers.set(dim, edge);
    }
  }
}

const simplifiedEdge = (edge: Edge | undefined): Edge | undefined =>
  edge === undefined || isKnown(edge) ? edge : simplified(edge);

function requireSize(edge: Edge): void {
  requireLengths(edge.shape);
  const elements = edge.shape.reduce<number>(
    (product, dim) => (typeof dim === 'number' ? product * dim : product),
    1,
  );
  if (elements <= mostElements) return;
  throw new ModelLockError('corrupt', `a tensor of shape ${showShape(edge.shape)} is too large`);
}
