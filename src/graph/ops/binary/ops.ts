import { apply, operator, scalar, type Value } from '../../value.ts';
import { broadcastAll, broadcastShape, broadcastToBool, commonDType, required } from '../infer.ts';

const arithmetic = <const Name extends string>(name: Name) =>
  operator({ name, attributes: {}, infer: broadcastAll });
const comparison = <const Name extends string>(name: Name) =>
  operator({ name, attributes: {}, infer: broadcastToBool });

/** Operators of several inputs that broadcast against each other. */
export const binary = {
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Mul: arithmetic('Mul'),
  Div: arithmetic('Div'),
  Max: arithmetic('Max'),
  Min: arithmetic('Min'),
  Pow: operator({
    name: 'Pow',
    attributes: {},
    // The exponent may be of another dtype; the result is as the base.
    infer: (inputs) => [{ dtype: required(inputs, 0).dtype, shape: broadcastShape(inputs) }],
  }),
  Mod: operator({ name: 'Mod', attributes: { fmod: 'int' }, infer: broadcastAll }),
  And: comparison('And'),
  Or: comparison('Or'),
  Equal: comparison('Equal'),
  Greater: comparison('Greater'),
  GreaterOrEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessOrEqual: comparison('LessOrEqual'),
  Where: operator({
    name: 'Where',
    attributes: {},
    infer: (inputs) => [
      {
        dtype: commonDType([required(inputs, 1), required(inputs, 2)]),
        shape: broadcastShape(inputs),
      },
    ],
  }),
};

/** A value, or a number that becomes a float32 constant. */
export type Operand = Value | number;
const value = (x: Operand): Value => (typeof x === 'number' ? scalar(x) : x);

export const add = (a: Operand, b: Operand): Value =>
  apply(binary.Add, [value(a), value(b)], {})[0];
export const sub = (a: Operand, b: Operand): Value =>
  apply(binary.Sub, [value(a), value(b)], {})[0];
export const mul = (a: Operand, b: Operand): Value =>
  apply(binary.Mul, [value(a), value(b)], {})[0];
export const div = (a: Operand, b: Operand): Value =>
  apply(binary.Div, [value(a), value(b)], {})[0];
export const maximum = (a: Operand, b: Operand): Value =>
  apply(binary.Max, [value(a), value(b)], {})[0];
export const minimum = (a: Operand, b: Operand): Value =>
  apply(binary.Min, [value(a), value(b)], {})[0];
export const pow = (a: Operand, b: Operand): Value =>
  apply(binary.Pow, [value(a), value(b)], {})[0];
export const and = (a: Value, b: Value): Value => apply(binary.And, [a, b], {})[0];
export const or = (a: Value, b: Value): Value => apply(binary.Or, [a, b], {})[0];
export const equal = (a: Operand, b: Operand): Value =>
  apply(binary.Equal, [value(a), value(b)], {})[0];
export const greater = (a: Operand, b: Operand): Value =>
  apply(binary.Greater, [value(a), value(b)], {})[0];
export const greaterOrEqual = (a: Operand, b: Operand): Value =>
  apply(binary.GreaterOrEqual, [value(a), value(b)], {})[0];
export const less = (a: Operand, b: Operand): Value =>
  apply(binary.Less, [value(a), value(b)], {})[0];
export const lessOrEqual = (a: Operand, b: Operand): Value =>
  apply(binary.LessOrEqual, [value(a), value(b)], {})[0];

/** `condition ? a : b`, element by element. */
export const where = (condition: Value, a: Operand, b: Operand): Value =>
  apply(binary.Where, [condition, value(a), value(b)], {})[0];

export const square = (x: Value): Value => mul(x, x);
