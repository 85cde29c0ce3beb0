import { noGradient, type GradientRule, type GradientRules } from '../../autodiff/rule.ts';
import {
  and,
  div,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  mul,
  square,
  sub,
  add,
  where,
} from '../binary/ops.ts';
import type { Value } from '../../value.ts';
import { normalCdf } from './normal.ts';
import {
  cast,
  cos,
  exp,
  neg,
  sigmoid,
  sign,
  sin,
  softplus,
  tanh,
  type elementwise,
} from './ops.ts';

/** dx = dy * f'(x), where f' is written in terms of x and y = f(x). */
const derivative =
  (slope: (x: Value, y: Value) => Value): GradientRule<unknown> =>
  ({ inputs: [x], outputs: [y] }, [dy]) => [mul(dy, slope(x, y))];

/** 1 where the condition holds, else 0. */
const indicator = (condition: Value): Value => cast(condition, 'float32');

export const elementwiseGradients: GradientRules<typeof elementwise> = {
  Abs: derivative((x) => sign(x)),
  Ceil: noGradient,
  Cos: derivative((x) => neg(sin(x))),
  Erf: derivative((x) => mul(2 / Math.sqrt(Math.PI), exp(neg(square(x))))),
  Exp: derivative((_, y) => y),
  Floor: noGradient,
  HardSwish: derivative((x) =>
    where(lessOrEqual(x, -3), 0, where(less(x, 3), add(div(x, 3), 0.5), 1)),
  ),
  Identity: (_, [dy]) => [dy],
  Log: ({ inputs: [x] }, [dy]) => [div(dy, x)],
  // x tanh(s(x)) with s = softplus, s' = sigmoid.
  Mish: derivative((x) => {
    const t = tanh(softplus(x));
    return add(t, mul(mul(x, sigmoid(x)), sub(1, square(t))));
  }),
  Neg: (_, [dy]) => [neg(dy)],
  Not: noGradient,
  Reciprocal: derivative((_, y) => neg(square(y))),
  Relu: derivative((_, y) => indicator(greater(y, 0))),
  Round: noGradient,
  Sigmoid: derivative((_, y) => mul(y, sub(1, y))),
  Sign: noGradient,
  Sin: derivative((x) => cos(x)),
  Softplus: derivative((x) => sigmoid(x)),
  Sqrt: ({ outputs: [y] }, [dy]) => [div(mul(dy, 0.5), y)],
  Tanh: derivative((_, y) => sub(1, square(y))),
  Elu: ({ inputs: [x], outputs: [y], attributes: { alpha = 1 } }, [dy]) => [
    mul(dy, where(greater(x, 0), 1, add(y, alpha))),
  ],
  Gelu: ({ inputs: [x], attributes: { approximate = 'none' } }, [dy]) => [
    mul(dy, approximate === 'tanh' ? geluTanhSlope(x) : geluSlope(x)),
  ],
  HardSigmoid: ({ outputs: [y], attributes: { alpha = 0.2 } }, [dy]) => [
    mul(dy, where(and(greater(y, 0), less(y, 1)), alpha, 0)),
  ],
  LeakyRelu: ({ inputs: [x], attributes: { alpha = 0.01 } }, [dy]) => [
    mul(dy, where(greater(x, 0), 1, alpha)),
  ],
  IsNaN: noGradient,
  // The gradient passes at the bounds themselves, as in PyTorch.
  Clip: ({ inputs: [x, min, max] }, [dy]) => {
    const above = min && indicator(greaterOrEqual(x, min));
    const below = max && indicator(lessOrEqual(x, max));
    return [[above, below].reduce<Value>((dx, mask) => (mask ? mul(dx, mask) : dx), dy)];
  },
  Cast: ({ inputs: [x] }, [dy]) => [cast(dy, x.dtype)],
};

/** (x Phi(x))' = Phi(x) + x phi(x), where x phi(x) = z exp(-z^2) / sqrt(pi) with z = x / sqrt(2). */
function geluSlope(x: Value): Value {
  const z = mul(x, Math.SQRT1_2);
  const density = exp(sub(-0.5 * Math.log(Math.PI), square(z)));
  return add(normalCdf(x), mul(z, density));
}

/** The derivative of 0.5 x (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715 x^3). */
function geluTanhSlope(x: Value): Value {
  const c = Math.sqrt(2 / Math.PI);
  const x2 = square(x);
  const t = tanh(mul(mul(c, x), add(1, mul(0.044715, x2))));
  const du = mul(c, add(1, mul(3 * 0.044715, x2)));
  return mul(0.5, add(add(1, t), mul(mul(x, sub(1, square(t))), du)));
}
