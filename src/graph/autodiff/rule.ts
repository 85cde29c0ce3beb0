import { showShape, type Shape } from '../shape.ts';
import { reduceSum } from '../ops/reduction/ops.ts';
import { cast } from '../ops/elementwise/ops.ts';
import { expand, reshape } from '../ops/movement/shape-ops.ts';
import { scalar, shapeOf, type AttributesOf, type Operator, type Value } from '../value.ts';

/** A node as its gradient rule sees it. */
export interface Application<Attributes> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/**
 * From the gradients of the outputs (`undefined` where nothing flows back) to those of the inputs
 * (`undefined` for inputs that have none: integers, shapes). Rules add ordinary nodes; what turns
 * out not to be needed never gets into the graph. Optional inputs that were left out are
 * `undefined` at their place in `inputs`.
 */
export type GradientRule<Attributes> = (
  node: Application<Attributes>,
  dy: readonly [Value, ...(Value | undefined)[]],
) => readonly (Value | undefined)[];

/** Where a derivative does not exist or is zero almost everywhere: nothing flows back. */
export const noGradient: GradientRule<unknown> = () => [];

/** A rule for every operator of a family; a missing one does not compile. */
export type GradientRules<Family> = {
  readonly [K in keyof Family]: Family[K] extends Operator<string, infer Schema>
    ? GradientRule<AttributesOf<Schema>>
    : never;
};

/** Sums `dy` over the axes along which an operand of shape `shape` was broadcast. */
export function unbroadcast(dy: Value, shape: Shape): Value {
  if (showShape(dy.shape) === showShape(shape)) return dy;
  const offset = dy.shape.length - shape.length;
  const axes = dy.shape.flatMap((dim, axis) =>
    axis < offset || (shape[axis - offset] === 1 && dim !== 1) ? [axis] : [],
  );
  const summed = reduceSum(dy, { axes, keepdims: true });
  return reshape(summed, shape);
}

/** Zeros of a value's shape and dtype. */
export function zerosOf(value: Value): Value {
  return expand(cast(scalar(0), value.dtype), shapeOf(value));
}
