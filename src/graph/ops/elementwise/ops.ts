import type { DType } from '../../../tensor/dtype.ts';
import { apply, operator, type Value } from '../../value.ts';
import { required, sameAsFirst } from '../infer.ts';

const unary = <const Name extends string>(name: Name) =>
  operator({ name, attributes: {}, infer: sameAsFirst });

/** Numbers of ONNX's TensorProto.DataType, as the `to` of `Cast` gives them. */
export const onnxTypeNumbers = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const satisfies Record<DType, number>;

const typeOfNumber = new Map<number, DType>(
  Object.entries(onnxTypeNumbers).map(([dtype, number]) => [number, dtype as DType]),
);

/** Operators of one input that work element by element. */
export const elementwise = {
  Abs: unary('Abs'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  HardSwish: unary('HardSwish'),
  Identity: unary('Identity'),
  Log: unary('Log'),
  Mish: unary('Mish'),
  Neg: unary('Neg'),
  Not: unary('Not'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),
  Elu: operator({ name: 'Elu', attributes: { alpha: 'float' }, infer: sameAsFirst }),
  Gelu: operator({ name: 'Gelu', attributes: { approximate: 'string' }, infer: sameAsFirst }),
  HardSigmoid: operator({
    name: 'HardSigmoid',
    attributes: { alpha: 'float', beta: 'float' },
    infer: sameAsFirst,
  }),
  LeakyRelu: operator({ name: 'LeakyRelu', attributes: { alpha: 'float' }, infer: sameAsFirst }),
  IsNaN: operator({
    name: 'IsNaN',
    attributes: {},
    infer: (inputs) => [{ dtype: 'bool', shape: required(inputs, 0).shape }],
  }),
  Clip: operator({ name: 'Clip', attributes: {}, infer: sameAsFirst }),
  Cast: operator({
    name: 'Cast',
    attributes: { to: 'int' },
    infer: (inputs, { to }) => [
      { dtype: typeOfNumber.get(to ?? 1)!, shape: required(inputs, 0).shape },
    ],
  }),
};

export const abs = (x: Value): Value => apply(elementwise.Abs, [x], {})[0];
export const cos = (x: Value): Value => apply(elementwise.Cos, [x], {})[0];
export const erf = (x: Value): Value => apply(elementwise.Erf, [x], {})[0];
export const exp = (x: Value): Value => apply(elementwise.Exp, [x], {})[0];
export const hardSwish = (x: Value): Value => apply(elementwise.HardSwish, [x], {})[0];
export const log = (x: Value): Value => apply(elementwise.Log, [x], {})[0];
export const mish = (x: Value): Value => apply(elementwise.Mish, [x], {})[0];
export const neg = (x: Value): Value => apply(elementwise.Neg, [x], {})[0];
export const not = (x: Value): Value => apply(elementwise.Not, [x], {})[0];
export const reciprocal = (x: Value): Value => apply(elementwise.Reciprocal, [x], {})[0];
export const relu = (x: Value): Value => apply(elementwise.Relu, [x], {})[0];
/** To the nearest whole number, halves to the even one. */
export const round = (x: Value): Value => apply(elementwise.Round, [x], {})[0];
export const sigmoid = (x: Value): Value => apply(elementwise.Sigmoid, [x], {})[0];
export const sign = (x: Value): Value => apply(elementwise.Sign, [x], {})[0];
export const sin = (x: Value): Value => apply(elementwise.Sin, [x], {})[0];
export const softplus = (x: Value): Value => apply(elementwise.Softplus, [x], {})[0];
export const sqrt = (x: Value): Value => apply(elementwise.Sqrt, [x], {})[0];
/** 1 / sqrt(x). */
export const rsqrt = (x: Value): Value => reciprocal(sqrt(x));
export const tanh = (x: Value): Value => apply(elementwise.Tanh, [x], {})[0];

export const elu = (x: Value, alpha = 1): Value => apply(elementwise.Elu, [x], { alpha })[0];

/** x Phi(x); `tanh` is the approximation of the GELU paper (arXiv 1606.08415). */
export const gelu = (x: Value, approximate: 'none' | 'tanh' = 'none'): Value =>
  apply(elementwise.Gelu, [x], { approximate })[0];

/** alpha x + beta, limited to [0, 1]; by default as PyTorch has it. */
export const hardSigmoid = (x: Value, alpha = 1 / 6, beta = 0.5): Value =>
  apply(elementwise.HardSigmoid, [x], { alpha, beta })[0];

export const leakyRelu = (x: Value, alpha = 0.01): Value =>
  apply(elementwise.LeakyRelu, [x], { alpha })[0];

/** Limits to [min, max]; both are scalars of the dtype of x, either may be left out. */
export const clip = (x: Value, min?: Value, max?: Value): Value =>
  apply(elementwise.Clip, [x, min, max], {})[0];

export const cast = (x: Value, dtype: DType): Value =>
  x.dtype === dtype ? x : apply(elementwise.Cast, [x], { to: onnxTypeNumbers[dtype] })[0];
