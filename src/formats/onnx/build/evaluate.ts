import { normaliseAxis, type Dim } from '../../../graph/shape.ts';
import { isFloating, type DType } from '../../../tensor/dtype.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { dtypeNumbered } from '../tensor-proto.ts';
import {
  arithmetic,
  combined,
  comparisons,
  functions,
  indicesOf,
  stridesOf,
} from './arithmetic.ts';
import type { Call } from './call.ts';
import { isKnown, known, mostKnown, type Known } from './known.ts';
import { movements, one, type Evaluator } from './movements.ts';

const binaryEvaluators = Object.entries(arithmetic).map(([name, compute]): [string, Evaluator] => [
  name,
  ([a, b], call) =>
    // The remainder of C has another sign.
    call.int('fmod', 0) === 1
      ? undefined
      : one(combined([a, b], a.dtype, (x, y) => compute(x, y, a.dtype))),
]);

const comparisonEvaluators = Object.entries(comparisons).map(
  ([name, compare]): [string, Evaluator] => [
    name,
    ([a, b]) => one(combined([a, b], 'bool', (x, y) => compare(x, y, a.dtype))),
  ],
);

const functionEvaluators = Object.entries(functions).map(([name, compute]): [string, Evaluator] => [
  name,
  ([x]) => one(combined([x], x.dtype, (a) => (typeof a === 'number' ? compute(a) : undefined))),
]);

/** A reduction by an operator of two numbers. Lengths of named axes multiply, as in a size. */
const reductionOf =
  (name: string): Evaluator =>
  ([x], call) => {
    const rank = x.shape.length;
    const given = call.axes(1) ?? [];
    if (given.length === 0 && call.int('noop_with_empty_axes', 0) === 1) return [x];
    const axes = new Set(given.map((axis) => normaliseAxis(axis, rank)));
    const isReduced = (axis: number): boolean => given.length === 0 || axes.has(axis);
    const kept = x.shape.map((dim, axis) => (isReduced(axis) ? 1 : dim));
    const strides = stridesOf(kept);
    const totals: (Dim | undefined)[] = [];
    for (const [i, index] of indicesOf(x.shape).entries()) {
      const at = index.reduce((sum, n, axis) => sum + (isReduced(axis) ? 0 : n * strides[axis]), 0);
      const sum = totals[at];
      totals[at] =
        sum === undefined ? x.elements[i] : arithmetic[name](sum, x.elements[i], x.dtype);
      if (totals[at] === undefined) return undefined;
    }
    if (totals.length !== sizeOf(kept)) return undefined;
    const shape =
      call.int('keepdims', 1) === 1 ? kept : x.shape.filter((_, axis) => !isReduced(axis));
    return [known(x.dtype, shape, totals as Dim[])];
  };

/** Between two bounds, of which either may be left out. */
const clipped: Evaluator = ([x], call) => {
  const bounds = [
    ['Max', call.known(1, 'a bound')],
    ['Min', call.known(2, 'a bound')],
  ] as const;
  return one(
    bounds.reduce<Known | undefined>(
      (y, [name, bound]) =>
        y && bound ? combined([y, bound], x.dtype, (a, b) => arithmetic[name](a, b, x.dtype)) : y,
      x,
    ),
  );
};

/** The largest or smallest of any number of tensors. */
const extremeOf =
  (name: 'Max' | 'Min'): Evaluator =>
  ([first, ...others]) =>
    one(
      others.reduce<Known | undefined>(
        (most, x) =>
          most && combined([most, x], x.dtype, (a, b) => arithmetic[name](a, b, x.dtype)),
        first,
      ),
    );

/** As `dtype` holds it; lengths of named axes stay what they are. */
function castElement(x: Dim, dtype: DType): Dim {
  if (typeof x === 'string') return x;
  if (dtype === 'bool') return x === 0 ? 0 : 1;
  return isFloating(dtype) ? x : Math.trunc(x);
}

const evaluators: Readonly<Record<string, Evaluator>> = {
  ...Object.fromEntries([...binaryEvaluators, ...comparisonEvaluators, ...functionEvaluators]),
  ...movements,
  Cast: ([x], call) => {
    const to = dtypeNumbered(call.int('to', 1), 'its result');
    const dtype = isFloating(to) ? 'float32' : to;
    return one(combined([x], dtype, (a) => castElement(a, dtype)));
  },
  Clip: clipped,
  Identity: (inputs) => inputs,
  Max: extremeOf('Max'),
  Min: extremeOf('Min'),
  Range: ([start, limit, delta]) => {
    const [from, to, step] = [start, limit, delta].map(({ elements }) => elements[0]);
    if (typeof from !== 'number' || typeof to !== 'number' || typeof step !== 'number') {
      return undefined;
    }
    const count = Math.max(0, Math.ceil((to - from) / step));
    if (!(count <= mostKnown)) return undefined;
    const elements = Array.from({ length: count }, (_, i) => from + i * step);
    return [known(start.dtype, [count], elements)];
  },
  ReduceMax: reductionOf('Max'),
  ReduceMin: reductionOf('Min'),
  ReduceProd: reductionOf('Mul'),
  ReduceSum: reductionOf('Add'),
  Where: ([condition, a, b]) =>
    one(combined([condition, a, b], a.dtype, (test, x, y) => (test === 0 ? y : x))),
};

/** How many inputs evaluators need that take more than one. */
const inputCounts: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    [...Object.keys(arithmetic), ...Object.keys(comparisons)].map((name) => [name, 2]),
  ),
  Expand: 2,
  Gather: 2,
  Max: 1,
  Min: 1,
  OneHot: 3,
  Range: 3,
  Reshape: 2,
  ScatterND: 3,
  Slice: 3,
  Tile: 2,
  Where: 3,
};

/**
 * The outputs of a node whose inputs are all known, where they are known then. Throws `corrupt` for
 * inputs that are missing.
 */
export function evaluated(call: Call): readonly Known[] | undefined {
  const { operator } = call.node;
  const inputs = call.inputs.filter(isKnown);
  const given = operator === 'Clip' ? call.inputs.filter((edge) => edge) : call.inputs;
  if (!Object.hasOwn(evaluators, operator) || inputs.length !== given.length) return undefined;
  const count = inputCounts[operator] ?? 1;
  for (let i = 0; i < count; i++) call.edge(i);
  const results = evaluators[operator](inputs, call);
  return results?.every((result) => result !== undefined) ? results : undefined;
}
