import { noGradient, type GradientRule, type GradientRules } from '../../autodiff/rule.ts';
import { reshape, expand } from '../movement/shape-ops.ts';
import { shapeOf, type Value } from '../../value.ts';
import { cast, exp } from '../elementwise/ops.ts';
import { div, equal, mul, sub, where } from '../binary/ops.ts';
import { axesOf, reducedShape, reduceProd, reduceSum, type reductions } from './ops.ts';

interface Reduced {
  readonly x: Value;
  /** The result and its gradient, with the reduced axes kept as 1. */
  readonly y: Value;
  readonly dy: Value;
  readonly axes: readonly number[];
  /** How many elements went into each result. */
  readonly count: number;
}

const rule =
  (gradient: (reduced: Reduced) => Value): GradientRule<unknown> =>
  ({ inputs, outputs: [y] }, [dy]) => {
    const [x] = inputs;
    const axes = axesOf(inputs);
    const kept = reducedShape(x.shape, axes, true);
    const count = axes.reduce((total, axis) => total * shapeOf(x)[axis], 1);
    return [gradient({ x, y: reshape(y, kept), dy: reshape(dy, kept), axes, count })];
  };

/** The gradient goes to the elements equal to the result, in equal shares. */
const extremum = rule(({ x, y, dy, axes }) => {
  const chosen = cast(equal(x, y), 'float32');
  return mul(chosen, div(dy, reduceSum(chosen, { axes, keepdims: true })));
});

export const reductionGradients: GradientRules<typeof reductions> = {
  ReduceSum: rule(({ x, dy }) => expand(dy, shapeOf(x))),
  ReduceMean: rule(({ x, dy, count }) => expand(mul(dy, 1 / count), shapeOf(x))),
  ReduceMax: extremum,
  ReduceMin: extremum,
  ReduceProd: rule(({ x, dy, axes }) => mul(dy, productOfOthers(x, axes))),
  // The norm of a zero vector has the gradient zero.
  ReduceL2: rule(({ x, y, dy }) => mul(x, div(dy, where(equal(y, 0), 1, y)))),
  ReduceSumSquare: rule(({ x, dy }) => mul(x, mul(2, dy))),
  ReduceLogSumExp: rule(({ x, y, dy }) => mul(dy, exp(sub(x, y)))),
  ArgMax: noGradient,
};

/** For each element the product of all others in its group, which stays right where some are zero. */
function productOfOthers(x: Value, axes: readonly number[]): Value {
  const isZero = equal(x, 0);
  const zeros = reduceSum(cast(isZero, 'float32'), { axes, keepdims: true });
  const nonZero = where(isZero, 1, x);
  const product = reduceProd(nonZero, { axes, keepdims: true });
  const single = where(isZero, product, 0);
  return where(equal(zeros, 0), div(product, nonZero), where(equal(zeros, 1), single, 0));
}
