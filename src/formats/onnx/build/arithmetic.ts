import { ModelLockError } from '../../../base/error.ts';
import { broadcastShapes, product, quotient, type Dim } from '../../../graph/shape.ts';
import { isFloating, type DType } from '../../../tensor/dtype.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { known, mostKnown, type Known } from './known.ts';

/**
 * Arithmetic on known elements, which may be lengths of named axes. `undefined` is what cannot be
 * told without knowing them.
 */
type Binary = (a: Dim, b: Dim, dtype: DType) => Dim | undefined;

/** Of numbers alone, rounded as the dtype holds them. */
const onNumbers =
  (compute: (a: number, b: number) => number): Binary =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? compute(a, b) : undefined;

const times: Binary = (a, b) =>
  typeof a === 'string' && typeof b === 'string' ? undefined : product([a, b]);

const over: Binary = (a, b, dtype) => {
  if (typeof a === 'number' && typeof b === 'number') {
    return isFloating(dtype) ? a / b : Math.trunc(a / b);
  }
  try {
    return quotient(a, b);
  } catch {
    return undefined;
  }
};

/** A length is positive, so it equals no number below 1; others it may equal. */
const same: Binary = (a, b) => {
  if (typeof a === typeof b) return a === b ? 1 : typeof a === 'number' ? 0 : undefined;
  const number = typeof a === 'number' ? a : (b as number);
  return number < 1 ? 0 : undefined;
};

const compared = (holds: (a: number, b: number) => boolean): Binary =>
  onNumbers((a, b) => (holds(a, b) ? 1 : 0));

const modulo = (a: number, b: number): number => a - Math.floor(a / b) * b;

export const arithmetic: Readonly<Record<string, Binary>> = {
  Add: (a, b) => (a === 0 ? b : b === 0 ? a : onNumbers((x, y) => x + y)(a, b, 'int64')),
  Sub: (a, b) => (b === 0 ? a : a === b ? 0 : onNumbers((x, y) => x - y)(a, b, 'int64')),
  Mul: times,
  Div: over,
  Mod: onNumbers(modulo),
  Pow: onNumbers(Math.pow),
  Max: onNumbers(Math.max),
  Min: onNumbers(Math.min),
};

export const comparisons: Readonly<Record<string, Binary>> = {
  Equal: same,
  Greater: compared((a, b) => a > b),
  GreaterOrEqual: compared((a, b) => a >= b),
  Less: compared((a, b) => a < b),
  LessOrEqual: compared((a, b) => a <= b),
  And: compared((a, b) => a !== 0 && b !== 0),
  Or: compared((a, b) => a !== 0 || b !== 0),
};

/** The nearest integer, the even one of two, unlike JavaScript. */
function rounding(x: number): number {
  const nearest = Math.round(x);
  return nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

export const functions: Readonly<Record<string, (x: number) => number>> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Exp: Math.exp,
  Floor: Math.floor,
  Log: Math.log,
  Neg: (x) => -x,
  Not: (x) => (x === 0 ? 1 : 0),
  Reciprocal: (x) => 1 / x,
  Round: rounding,
  Sign: Math.sign,
  Sqrt: Math.sqrt,
};

/** `x` as its dtype holds it. Throws `corrupt` for an integer that is none, as after a division by zero. */
function rounded(x: Dim, dtype: DType): Dim {
  if (typeof x === 'string') return x;
  if (isFloating(dtype)) return Math.fround(x);
  if (Number.isFinite(x)) return x;
  throw new ModelLockError('corrupt', `an integer comes out as ${x}`);
}

/** Combines operands element by element, broadcast against each other. */
export function combined(
  operands: readonly Known[],
  dtype: DType,
  combine: (...elements: readonly Dim[]) => Dim | undefined,
): Known | undefined {
  const shape = broadcastShapes(...operands.map((operand) => operand.shape)) as readonly number[];
  if (sizeOf(shape) > mostKnown) return undefined;
  const spread = operands.map((operand) => broadcast(operand, shape));
  const elements: Dim[] = [];
  for (let i = 0; i < sizeOf(shape); i++) {
    const element = combine(...spread.map((values) => values[i]));
    if (element === undefined) return undefined;
    elements.push(rounded(element, dtype));
  }
  return known(dtype, shape, elements);
}

/** The elements of a tensor broadcast to `shape`. */
export function broadcast(operand: Known, shape: readonly number[]): readonly Dim[] {
  const { elements } = operand;
  if (elements.length === sizeOf(shape)) return elements;
  const offset = shape.length - operand.shape.length;
  const strides = stridesOf(operand.shape);
  return indicesOf(shape).map((index) => {
    let at = 0;
    operand.shape.forEach((dim, axis) => {
      if (dim > 1) at += index[axis + offset] * strides[axis];
    });
    return elements[at];
  });
}

/** How far apart neighbours along each axis lie. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** The indices of all elements, the last axis fastest. */
export function indicesOf(shape: readonly number[]): readonly (readonly number[])[] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    shape.map((dim, axis) => Math.floor(i / strides[axis]) % dim),
  );
}
