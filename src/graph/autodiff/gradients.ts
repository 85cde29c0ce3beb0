import { ModelLockError } from '../../base/error.ts';
import { isFloating } from '../../tensor/dtype.ts';
import { visit } from '../graph.ts';
import { add } from '../ops/binary/ops.ts';
import { showShape } from '../shape.ts';
import { scalar, shapeOf, type Node, type Producer, type Value } from '../value.ts';
import { ValueMap } from '../value-map.ts';
import { zerosOf, type GradientRule } from './rule.ts';
import { gradientRules } from './rules.ts';

/**
 * Reverse-mode differentiation: the gradients of the scalar `y` with respect to each value of
 * `wrt`, as ordinary values that may be computed, differentiated again or exported. A value that
 * `y` does not depend on has a gradient of zeros.
 *
 * @param seed gradient of y itself, of y's shape; needed where y is no scalar. Default: 1.
 * Throws `unsupported`, naming the operator, where one on the way has no gradient rule, or computes
 * in another precision than float32.
 */
export function gradients(y: Value, wrt: readonly Value[], seed?: Value): readonly Value[] {
  if (!seed && shapeOf(y).length > 0) {
    throw new ModelLockError(
      'shape',
      `the gradient of a value of shape ${showShape(y.shape)} needs a seed; only a scalar does not`,
    );
  }
  return pullBack([[y, seed ?? scalar(1)]], wrt).map((gradient, i) => gradient ?? zerosOf(wrt[i]));
}

/** A value, and the gradient of something with respect to it. */
export type Cotangent = readonly [value: Value, gradient: Value];

/**
 * The vector-Jacobian product: what gradients of some values mean for those of `wrt`; `undefined`
 * where none of the values depends on one.
 *
 * @param ends producers through which nothing flows any further: their outputs count as independent.
 */
export function pullBack(
  cotangents: readonly Cotangent[],
  wrt: readonly Value[],
  ends: ReadonlySet<Producer> = new Set(),
): readonly (Value | undefined)[] {
  const accumulated = new ValueMap<Value>();
  const accumulate = (value: Value, gradient: Value): void => {
    const sum = accumulated.get(value);
    accumulated.set(value, sum ? add(sum, gradient) : gradient);
  };

  for (const [value, gradient] of cotangents) accumulate(value, gradient);
  const ys = cotangents.map(([value]) => value);
  for (const node of nodesBetween(wrt, ys).reverse()) {
    if (ends.has(node)) continue;
    const flowing = node.outputs.map((output) => accumulated.get(output));
    if (flowing.every((gradient) => gradient === undefined)) continue;
    for (const [i, gradient] of applyRule(node, flowing).entries()) {
      const source = node.inputs[i];
      if (gradient && source && isFloating(source.dtype)) accumulate(source, gradient);
    }
  }
  return wrt.map((value) => accumulated.get(value));
}

/** The nodes on a path from `wrt` to `ys`, inputs first. */
function nodesBetween(wrt: readonly Value[], ys: readonly Value[]): Node[] {
  const reached = new Set<object>(wrt.map((value) => value.producer));
  const nodes: Node[] = [];
  visit(ys, ({ producer }) => {
    if (producer.kind !== 'node') return;
    if (producer.inputs.some((source) => source && reached.has(source.producer))) {
      reached.add(producer);
      nodes.push(producer);
    }
  });
  return nodes;
}

function applyRule(
  node: Node,
  upstream: readonly (Value | undefined)[],
): readonly (Value | undefined)[] {
  const { name } = node.operator;
  // The table is complete for our own operators; those of a lowered graph are not in it.
  const rule = (gradientRules as Readonly<Record<string, GradientRule<unknown> | undefined>>)[name];
  if (!rule) throw new ModelLockError('unsupported', `operator ${name} has no gradient`);
  requireFloat32(node);
  // The type promises the first output's gradient, which nearly all rules want.
  const [first = zerosOf(node.outputs[0]), ...rest] = upstream;
  return rule(
    {
      inputs: node.inputs as readonly Value[],
      outputs: node.outputs,
      attributes: node.attributes,
    },
    [first, ...rest],
  );
}

/** The numbers that rules bring in are float32. A cast leads from one precision to another. */
function requireFloat32({ operator: { name }, inputs, outputs }: Node): void {
  if (name === 'Cast') return;
  const other = [...inputs, ...outputs].find(
    (value) => value && isFloating(value.dtype) && value.dtype !== 'float32',
  );
  if (!other) return;
  throw new ModelLockError('unsupported', `operator ${name} has no gradient in ${other.dtype}`, {
    valid: ['float32'],
  });
}
