import type { OnnxNetwork } from './architecture.ts';
import type { OnnxNode } from './model.ts';

/** The last layer of a classifier: what makes logits of features. */
export interface OnnxHead {
  /** The tensor that it takes, [B, D], or [B, D, 1, 1] where it is a convolution. */
  readonly features: string;
  /** The tensor that it gives. */
  readonly logits: string;
  readonly weight: string;
  /** The axis of the weight that counts classes. */
  readonly classAxis: number;
  readonly classes: number;
  readonly bias?: string;
}

/** What may come between the last layer and the output of a model, without a meaning for training. */
const afterwards: ReadonlySet<string> = new Set([
  'Softmax',
  'LogSoftmax',
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Dropout',
  'Cast',
  // Of maps of logits.
  'Resize',
  'ArgMax',
]);

/**
 * The last layer of a model, found from its output back; `undefined` where there is no layer of
 * weights that another number of classes could replace.
 */
export function headOf({ model, initializers }: OnnxNetwork, output: string): OnnxHead | undefined {
  const producers = new Map(
    model.nodes.flatMap((node) => node.outputs.map((name) => [name, node])),
  );
  let logits = output;
  let node = producers.get(logits);
  while (node && afterwards.has(node.operator)) {
    [logits] = node.inputs;
    node = producers.get(logits);
  }
  if (!node) return undefined;

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
  if (!isSole || (shape.length !== 2 && shape.slice(2).some((dim) => dim !== 1))) return undefined;
  return { ...layer, ...found, logits, classes: shape[found.classAxis] };
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
