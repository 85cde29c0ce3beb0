import type { OnnxNetwork } from './architecture.ts';
import type { OnnxNode } from './model.ts';

/** The last layer of a classifier: what makes logits of features. */
export interface OnnxHead {
  /** The tensor that it takes, [B, D], or [B, D, h, w] where it is a convolution. */
  readonly features: string;
  readonly weight: string;
  /** The axis of the weight that counts classes. */
  readonly classAxis: number;
  readonly classes: number;
  readonly bias?: string;
}

/** How a model ends. */
export interface OnnxEnd {
  /** The tensor of logits. */
  readonly logits: string;
  /** The layer that they come from; absent where there is none that other classes could replace. */
  readonly head?: OnnxHead;
  /** Whether each class is answered by itself, by a sigmoid. */
  readonly isSeveral: boolean;
}

/** What makes probabilities or classes of logits, and what changes nothing. */
const afterLogits: ReadonlySet<string> = new Set([
  'Softmax',
  'LogSoftmax',
  'Sigmoid',
  'ArgMax',
  'Identity',
  'Dropout',
  'Cast',
]);

/** What may come between the last layer and the output of a model, without a meaning for training. */
const afterwards: ReadonlySet<string> = new Set([
  ...afterLogits,
  'Reshape',
  'Flatten',
  'Squeeze',
  // Of maps of logits.
  'Resize',
  'Transpose',
]);

/** What may change the size of maps of logits, and nothing else. */
const resizing: ReadonlySet<string> = new Set(['Resize', 'Identity', 'Dropout', 'Cast']);

/** What makes one number of a map. What the last layer gives is no logits before it. */
const pooling: ReadonlySet<string> = new Set([
  'GlobalAveragePool',
  'GlobalMaxPool',
  'AveragePool',
  'ReduceMean',
]);

/** What may come between the last layer and a pooling, whatever the number of classes. */
const beforePooling: ReadonlySet<string> = new Set([
  ...pooling,
  'Relu',
  'Transpose',
  'Identity',
  'Dropout',
  'Cast',
]);

/**
 * How a model may be taken to end, found from its output back, the most faithful first: with its
 * last layer, if it has one that could be replaced, resized as it is or not; and as it is, without
 * what only makes probabilities of logits.
 */
export function endsOf(network: OnnxNetwork, output: string): readonly OnnxEnd[] {
  const { model } = network;
  const producers = new Map(
    model.nodes.flatMap((node) => node.outputs.map((name) => [name, node])),
  );
  const passed: string[] = [];
  /** The first tensor, from another one back, that no such operator gives. */
  const before = (tensor: string, operators: ReadonlySet<string>): string => {
    let name = tensor;
    for (let node = producers.get(name); node; node = producers.get(name)) {
      if (!operators.has(node.operator)) break;
      passed.push(node.operator);
      [name] = node.inputs;
    }
    return name;
  };
  const logits = before(output, afterwards);
  const isSeveral = passed.includes('Sigmoid') && !passed.includes('ArgMax');
  const isPooled = pooling.has(producers.get(logits)?.operator ?? '');
  const layer = producers.get(isPooled ? before(logits, beforePooling) : logits);
  const head = layer && headOf(network, layer, producers);
  const asItIs = { logits: before(output, afterLogits), isSeveral };
  if (!head) return [asItIs];
  const isResized = asItIs.logits !== logits && before(asItIs.logits, resizing) === logits;
  return [...(isResized ? [{ ...asItIs, head }] : []), { logits, head, isSeveral }, asItIs];
}

/**
 * The output of a model that answers: the first, unless that is what the last layer of another is
 * computed from, as some files give features as well.
 */
export function answerOf(network: OnnxNetwork): string {
  const { nodes, outputs } = network.model;
  const [first, ...others] = outputs;
  const reached = new Set([first]);
  for (const node of nodes) {
    if (!node.inputs.some((name) => reached.has(name))) continue;
    for (const name of node.outputs) reached.add(name);
  }
  const answers = (name: string): boolean =>
    reached.has(name) && endsOf(network, name)[0].head !== undefined;
  return others.find(answers) ?? first;
}

/** A node as a layer of weights that another number of classes could replace. */
function headOf(
  { model, initializers }: OnnxNetwork,
  node: OnnxNode,
  producers: ReadonlyMap<string, OnnxNode>,
): OnnxHead | undefined {
  /** A weight behind transpositions, and the axis of it that comes out as `axis`. */
  const weightOf = (name: string, axis: number): WeightAxis | undefined => {
    let [weight, classAxis] = [name, axis];
    for (let source = producers.get(weight); source; source = producers.get(weight)) {
      if (source.operator !== 'Transpose' && source.operator !== 'Identity') return undefined;
      if (source.operator === 'Transpose') classAxis = 1 - classAxis;
      [weight] = source.inputs;
    }
    return initializers.get(weight)?.role === 'weight' ? { weight, classAxis } : undefined;
  };
  const isBias = (name: string | undefined): boolean =>
    name !== undefined && initializers.get(name)?.role === 'bias';

  const layer = layerOf(node, producers, isBias);
  const found = layer && weightOf(layer.weight, layer.classAxis);
  if (!layer || !found) return undefined;
  const { shape } = initializers.get(found.weight)!;
  // A head may not count its classes along an axis that is cut or shared.
  const isSole = model.nodes.filter(({ inputs }) => inputs.includes(found.weight)).length === 1;
  if (!isSole || (shape.length !== 2 && node.operator !== 'Conv')) return undefined;
  return { ...layer, ...found, classes: shape[found.classAxis] };
}

type WeightAxis = Pick<OnnxHead, 'weight' | 'classAxis'>;
type Layer = Pick<OnnxHead, 'features' | 'weight' | 'classAxis' | 'bias'>;

/** A node as a layer: an affine map in one operator, or a product and what is added to it. */
function layerOf(
  node: OnnxNode,
  producers: ReadonlyMap<string, OnnxNode>,
  isBias: (name: string | undefined) => boolean,
): Layer | undefined {
  const { operator, inputs } = node;
  const [a, b, c] = inputs;
  const attribute = (name: string): unknown => node.attributes.get(name)?.value;
  switch (operator) {
    case 'Gemm':
      if (attribute('transA') === 1) return undefined;
      return { features: a, weight: b, classAxis: attribute('transB') === 1 ? 0 : 1, ...biasIn(c) };
    case 'MatMul':
      return { features: a, weight: b, classAxis: 1 };
    case 'Conv':
      if ((attribute('group') ?? 1) !== 1) return undefined;
      return { features: a, weight: b, classAxis: 0, ...biasIn(c) };
    case 'Add': {
      const [product, bias] = isBias(a) ? [b, a] : [a, b];
      const source = producers.get(product);
      if (source?.operator !== 'MatMul' || !isBias(bias)) return undefined;
      return { features: source.inputs[0], weight: source.inputs[1], classAxis: 1, bias };
    }
    default:
      return undefined;
  }
}

const biasIn = (name: string | undefined): Pick<OnnxHead, 'bias'> =>
  name === undefined || name === '' ? {} : { bias: name };
