import { isScalar, nodeOf } from '../../../../graph/patterns.ts';
import type { Rewrite } from '../../../../graph/rewrite.ts';
import { showShape } from '../../../../graph/shape.ts';
import { constantOf, type Node, type Value } from '../../../../graph/value.ts';
import { layerNorm, norms } from '../../../../graph/ops/norm/ops.ts';
import { axesOf } from '../../../../graph/ops/reduction/ops.ts';

/** (x - mean) / sqrt(variance + epsilon): what is normalised, from which axis on. */
interface Normalised {
  readonly x: Value;
  readonly axis: number;
  readonly epsilon: number;
}

/** (x - mean) / sqrt(variance + epsilon) * scale as one operator. */
export const wholeLayerNorm: Rewrite = (node) => {
  if (node.operator.name !== 'Mul') return undefined;
  for (const [factor, scale] of inBothOrders(node)) {
    const found = normalised(factor);
    if (found && showShape(scale.shape) === showShape(found.x.shape.slice(found.axis))) {
      return [layerNorm(found.x, scale, undefined, found)];
    }
  }
  return undefined;
};

/** The bias that is added after it as part of the same operator. */
export const layerNormBias: Rewrite = (node) => {
  if (node.operator.name !== 'Add') return undefined;
  for (const [sum, bias] of inBothOrders(node)) {
    const norm = nodeOf(sum, norms.LayerNormalization.name);
    if (!norm || norm.inputs[2] || showShape(bias.shape) !== showShape(norm.inputs[1]!.shape))
      continue;
    return [
      layerNorm(norm.inputs[0]!, norm.inputs[1]!, bias, {
        axis: norm.attributes['axis'] as number,
        epsilon: norm.attributes['epsilon'] as number,
      }),
    ];
  }
  return undefined;
};

function inBothOrders({ inputs: [a, b] }: Node): readonly (readonly [Value, Value])[] {
  return [
    [a!, b!],
    [b!, a!],
  ];
}

function normalised(value: Value): Normalised | undefined {
  const { centred, deviation } = quotientOf(value) ?? {};
  const difference = nodeOf(centred, 'Sub');
  const root = nodeOf(nodeOf(deviation, 'Sqrt')?.inputs[0], 'Add');
  if (!difference || !root || !centred) return undefined;
  const [x, mean] = difference.inputs as readonly [Value, Value];
  const axis = meanAxis(mean, x);
  if (axis === undefined) return undefined;
  for (const [variance, constant] of inBothOrders(root)) {
    const epsilon = constantOf(constant);
    const squares = nodeOf(variance, 'ReduceMean')?.inputs[0];
    if (epsilon?.data.length !== 1 || !squares || !isSquare(squares, centred)) continue;
    if (meanAxis(variance, squares) === axis) return { x, axis, epsilon: Number(epsilon.data[0]) };
  }
  return undefined;
}

/** a / b, or a * (1 / b). */
function quotientOf(
  value: Value,
): { readonly centred?: Value; readonly deviation?: Value } | undefined {
  const quotient = nodeOf(value, 'Div');
  if (quotient) return { centred: quotient.inputs[0]!, deviation: quotient.inputs[1]! };
  const product = nodeOf(value, 'Mul');
  const pair = product && inBothOrders(product).find(([, b]) => nodeOf(b, 'Reciprocal'));
  return pair && { centred: pair[0], deviation: nodeOf(pair[1], 'Reciprocal')!.inputs[0]! };
}

/** The first of the last axes that a mean with kept axes is taken over. */
function meanAxis(mean: Value, x: Value): number | undefined {
  const node = nodeOf(mean, 'ReduceMean');
  if (node?.inputs[0] !== x || node.attributes['keepdims'] === 0) return undefined;
  const axes = [...axesOf(node.inputs)].sort((a, b) => a - b);
  const first = x.shape.length - axes.length;
  return axes.every((axis, i) => axis === first + i) ? first : undefined;
}

function isSquare(value: Value, of: Value): boolean {
  const power = nodeOf(value, 'Pow');
  if (power) return power.inputs[0] === of && isScalar(power.inputs[1], 2);
  return nodeOf(value, 'Mul')?.inputs.every((factor) => factor === of) ?? false;
}
