import {
  noGradient,
  unbroadcast,
  type GradientRule,
  type GradientRules,
} from '../../autodiff/rule.ts';
import { constantOf, scalar, type Value } from '../../value.ts';
import { cast, log, neg, round } from '../elementwise/ops.ts';
import { div, equal, greater, less, mul, pow, sub, where, type binary } from './ops.ts';

/** The gradients of two broadcast operands, summed back to their shapes. */
const operands =
  (rule: (a: Value, b: Value, y: Value, dy: Value) => [Value, Value]): GradientRule<unknown> =>
  ({ inputs: [a, b], outputs: [y] }, [dy]) => {
    const [da, db] = rule(a, b, y, dy);
    return [unbroadcast(da, a.shape), unbroadcast(db, b.shape)];
  };

/** The winner takes the gradient; equals share it in halves, as in PyTorch. */
const extremum = (wins: (a: Value, b: Value) => Value): GradientRule<unknown> =>
  operands((a, b, _, dy) => {
    const share = where(equal(a, b), 0.5, where(wins(a, b), 1, 0));
    return [mul(dy, share), mul(dy, sub(1, share))];
  });

export const binaryGradients: GradientRules<typeof binary> = {
  Add: operands((_a, _b, _y, dy) => [dy, dy]),
  Sub: operands((_a, _b, _y, dy) => [dy, neg(dy)]),
  Mul: operands((a, b, _, dy) => [mul(dy, b), mul(dy, a)]),
  Div: operands((_, b, y, dy) => {
    const da = div(dy, b);
    return [da, neg(mul(da, y))];
  }),
  Max: extremum(greater),
  Min: extremum(less),
  Pow: operands((a, b, y, dy) => [
    mul(dy, powerSlope(a, b)),
    // log(0) would turn 0 * -inf into NaN where the power is zero anyway.
    mul(dy, where(greater(a, 0), mul(y, log(where(greater(a, 0), a, 1))), 0)),
  ]),
  // y = a - n b, where n is a whole number of times.
  Mod: operands((a, b, y, dy) => [dy, neg(mul(dy, round(div(sub(a, y), b))))]),
  And: noGradient,
  Or: noGradient,
  Equal: noGradient,
  Greater: noGradient,
  GreaterOrEqual: noGradient,
  Less: noGradient,
  LessOrEqual: noGradient,
  Where: ({ inputs: [condition, a, b] }, [dy]) => [
    undefined,
    unbroadcast(where(condition, dy, 0), a.shape),
    unbroadcast(where(condition, 0, dy), b.shape),
  ],
};

/** b a^(b-1), without the pole that an exponent of zero would have at a = 0. */
function powerSlope(a: Value, b: Value): Value {
  const exponent = constantOf(b);
  if (exponent?.data.length === 1) {
    const value = Number(exponent.data[0]);
    if (value === 2) return mul(2, a);
    if (value === 1) return scalar(1);
  }
  const own = cast(b, a.dtype);
  return mul(own, pow(a, sub(where(equal(own, 0), 1, own), 1)));
}
