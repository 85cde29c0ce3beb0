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
import { known, mostKnown, numbersOf, type Known } from './known.ts';
import { joinedShape, reshapedTo, slicesOf, splitSizes, squeezedAxes } from './shape-rules.ts';

/**
 * The operators that exporters compute shapes with, on tensors that are known. `undefined` where
 * the result is not known, or is too large to be a shape: then the node becomes part of the graph.
 */
type Evaluator = (
  inputs: readonly Known[],
  call: Call,
) => readonly (Known | undefined)[] | undefined;

const one = (result: Known | undefined): readonly Known[] | undefined => result && [result];

/** The elements of x at other places: element i of the result is element `source(index)` of x. */
function rearranged(
  x: Known,
  shape: readonly number[],
  source: (index: readonly number[]) => readonly number[],
): Known | undefined {
  if (sizeOf(shape) > mostKnown) return undefined;
  const strides = stridesOf(x.shape);
  const elements = indicesOf(shape).map((index) => {
    const at = source(index).reduce((sum, i, axis) => sum + i * strides[axis], 0);
    return x.elements[at];
  });
  return known(x.dtype, shape, elements);
}

const inShape = (x: Known, shape: readonly number[]): Known => known(x.dtype, shape, x.elements);

const binaryEvaluators = Object.entries(arithmetic).map(([name, compute]): [string, Evaluator] => [
  name,
  ([a, b]) => one(combined([a, b], a.dtype, (x, y) => compute(x, y, a.dtype))),
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

const movements: Readonly<Record<string, Evaluator>> = {
  Concat: (inputs, call) => {
    const shape = joinedShape(inputs, call.int('axis', 0));
    const along = normaliseAxis(call.int('axis', 0), shape.length);
    if (sizeOf(shape) > mostKnown) return undefined;
    const elements = indicesOf(shape).map((index): Dim => {
      let [at, piece] = [index[along], 0];
      while (at >= inputs[piece].shape[along]) at -= inputs[piece++].shape[along];
      const strides = stridesOf(inputs[piece].shape);
      const place = index.with(along, at).reduce((sum, i, axis) => sum + i * strides[axis], 0);
      return inputs[piece].elements[place];
    });
    return [known(inputs[0].dtype, shape, elements)];
  },
  Expand: ([x, to]) => {
    if (to.elements.some((dim) => typeof dim === 'string')) return undefined;
    return one(combined([x, known('int64', numbersOf(to.elements), [])], x.dtype, (a) => a));
  },
  Flatten: ([x], call) => {
    const axis = call.int('axis', 1);
    const at = axis < 0 ? axis + x.shape.length : axis;
    return [inShape(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))])];
  },
  Gather: ([x, indices], call) => {
    const along = normaliseAxis(call.int('axis', 0), x.shape.length);
    const length = x.shape[along];
    const picked = numbersOf(indices.elements).map((i) => normaliseAxis(i, length));
    const strides = stridesOf(indices.shape);
    const rank = indices.shape.length;
    const shape = [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)];
    return one(
      rearranged(x, shape, (index) => {
        const place = index
          .slice(along, along + rank)
          .reduce((s, i, axis) => s + i * strides[axis], 0);
        return [...index.slice(0, along), picked[place], ...index.slice(along + rank)];
      }),
    );
  },
  Reshape: ([x, to], call) => {
    const shape = reshapedTo(x.shape, to.elements, call.int('allowzero', 0) === 1);
    return [inShape(x, numbersOf(shape))];
  },
  Slice: ([x], call) => {
    const ranges = slicesOf(x.shape, call);
    const shape = [...x.shape];
    for (const { axis, start, end, step } of ranges) {
      shape[axis] = Math.max(0, Math.ceil((end - start) / step));
    }
    const byAxis = new Map(ranges.map((range) => [range.axis, range]));
    return one(
      rearranged(x, shape, (index) =>
        index.map((i, axis) => {
          const { start = 0, step = 1 } = byAxis.get(axis) ?? {};
          return start + i * step;
        }),
      ),
    );
  },
  Split: ([x], call) => {
    const along = normaliseAxis(call.int('axis', 0), x.shape.length);
    let start = 0;
    return splitSizes(x.shape[along], call).map((size) => {
      const from = start;
      start += size;
      return rearranged(x, x.shape.with(along, size), (index) =>
        index.with(along, index[along] + from),
      );
    });
  },
  Squeeze: ([x], call) => {
    const axes = squeezedAxes(x.shape, call.axes(1));
    return [
      inShape(
        x,
        x.shape.filter((_, axis) => !axes.includes(axis)),
      ),
    ];
  },
  Transpose: ([x], call) => {
    const perm = call.ints('perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
    const shape = perm.map((axis) => x.shape[axis]);
    return one(
      rearranged(x, shape, (index) => x.shape.map((_, axis) => index[perm.indexOf(axis)])),
    );
  },
  Unsqueeze: ([x], call) => {
    const axes = call.axes(1) ?? [];
    const rank = x.shape.length + axes.length;
    const added = new Set(axes.map((axis) => normaliseAxis(axis, rank)));
    const rest = x.shape.values();
    return [
      inShape(
        x,
        Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.next().value!)),
      ),
    ];
  },
};

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

/** Data with updates put at the places that the last axis of the indices names. */
const scattered: Evaluator = ([x, indices, updates], call) => {
  if (call.string('reduction', 'none') !== 'none') return undefined;
  const width = indices.shape.at(-1) ?? 0;
  const strides = stridesOf(x.shape);
  const size = sizeOf(x.shape.slice(width));
  const places = numbersOf(indices.elements);
  const count = places.length / Math.max(1, width);
  if (width === 0 || width > x.shape.length || updates.elements.length !== count * size) {
    return undefined;
  }
  const elements = [...x.elements];
  for (let i = 0; i < count; i++) {
    const at = x.shape
      .slice(0, width)
      .reduce(
        (sum, dim, axis) => sum + normaliseAxis(places[i * width + axis], dim) * strides[axis],
        0,
      );
    for (let k = 0; k < size; k++) elements[at + k] = updates.elements[i * size + k];
  }
  return [known(x.dtype, x.shape, elements)];
};

/** As `dtype` holds it; lengths of named axes stay what they are. */
function castElement(x: Dim, dtype: DType): Dim {
  if (typeof x === 'string') return x;
  if (dtype === 'bool') return x === 0 ? 0 : 1;
  return isFloating(dtype) ? x : Math.trunc(x);
}

export const evaluators: Readonly<Record<string, Evaluator>> = {
  ...Object.fromEntries([...binaryEvaluators, ...comparisonEvaluators, ...functionEvaluators]),
  ...movements,
  Cast: ([x], call) => {
    const to = dtypeNumbered(call.int('to', 1), 'its result');
    const dtype = isFloating(to) ? 'float32' : to;
    return one(combined([x], dtype, (a) => castElement(a, dtype)));
  },
  Identity: (inputs) => inputs,
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
  ScatterND: scattered,
  Where: ([condition, a, b]) =>
    one(combined([condition, a, b], a.dtype, (test, x, y) => (test === 0 ? y : x))),
};
