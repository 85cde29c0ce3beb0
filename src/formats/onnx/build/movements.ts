import { joinedShape, lengthOf } from '../../../graph/ops/movement/join-ops.ts';
import { reshapedTo, unsqueezedShape } from '../../../graph/ops/movement/shape-ops.ts';
import { broadcastShapes, normaliseAxis, type Dim } from '../../../graph/shape.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { broadcast, indicesOf, stridesOf } from './arithmetic.ts';
import type { Call } from './call.ts';
import { known, mostKnown, numbersOf, requireLengths, type Known } from './known.ts';
import { slicesOf, splitSizes, squeezedAxes } from './shape-rules.ts';

/**
 * The operators that exporters compute shapes with, on tensors that are known. `undefined` where
 * the result is not known, or is too large to be a shape: then the node becomes part of the graph.
 */
export type Evaluator = (
  inputs: readonly Known[],
  call: Call,
) => readonly (Known | undefined)[] | undefined;

export const one = (result: Known | undefined): readonly Known[] | undefined => result && [result];

/** The elements of x at other places: element i of the result is element `source(index)` of x. */
function rearranged(
  x: Known,
  shape: readonly number[],
  source: (index: readonly number[]) => readonly number[],
): Known | undefined {
  requireLengths(shape);
  if (sizeOf(shape) > mostKnown) return undefined;
  const strides = stridesOf(x.shape);
  const elements = indicesOf(shape).map((index) => {
    const at = source(index).reduce((sum, i, axis) => sum + i * strides[axis], 0);
    return x.elements[at];
  });
  return known(x.dtype, shape, elements);
}

const inShape = (x: Known, shape: readonly number[]): Known => known(x.dtype, shape, x.elements);

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

/** Operators that move known elements. */
export const movements: Readonly<Record<string, Evaluator>> = {
  Concat: (inputs, call) => {
    const shape = joinedShape(inputs, call.int('axis', 0)) as readonly number[];
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
    const shape = broadcastShapes(x.shape, to.elements) as readonly number[];
    requireLengths(shape);
    return sizeOf(shape) > mostKnown ? undefined : [known(x.dtype, shape, broadcast(x, shape))];
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
  OneHot: ([indices, depth, values], call) => {
    const [length] = numbersOf(depth.elements);
    const along = normaliseAxis(call.int('axis', -1), indices.shape.length + 1);
    const hot = numbersOf(indices.elements).map((i) => (i < 0 ? i + length : i));
    const shape = indices.shape.toSpliced(along, 0, length);
    requireLengths(shape);
    if (sizeOf(shape) > mostKnown) return undefined;
    const strides = stridesOf(indices.shape);
    const elements = indicesOf(shape).map((index) => {
      const at = index.toSpliced(along, 1).reduce((sum, i, axis) => sum + i * strides[axis], 0);
      return values.elements[hot[at] === index[along] ? 1 : 0];
    });
    return [known(values.dtype, shape, elements)];
  },
  Reshape: ([x, to], call) => {
    const shape = reshapedTo(x.shape, to.elements, call.int('allowzero', 0) === 1);
    return [inShape(x, numbersOf(shape))];
  },
  Slice: ([x], call) => {
    const ranges = slicesOf(x.shape, call);
    const shape = [...x.shape];
    for (const range of ranges) shape[range.axis] = lengthOf(range);
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
  Tile: ([x, repeats]) => {
    if (repeats.elements.length !== x.shape.length) return undefined;
    if (repeats.elements.some((times) => typeof times === 'string')) return undefined;
    const shape = numbersOf(repeats.elements).map((times, axis) => times * x.shape[axis]);
    return one(rearranged(x, shape, (index) => index.map((i, axis) => i % x.shape[axis])));
  },
  Transpose: ([x], call) => {
    const perm = call.ints('perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
    // What is no permutation, the operator of the graph language refuses.
    if (perm.length !== x.shape.length || x.shape.some((_, axis) => !perm.includes(axis))) {
      return undefined;
    }
    const shape = perm.map((axis) => x.shape[axis]);
    return one(
      rearranged(x, shape, (index) => x.shape.map((_, axis) => index[perm.indexOf(axis)])),
    );
  },
  Unsqueeze: ([x], call) => {
    const shape = unsqueezedShape(x.shape, call.axes(1) ?? []) as readonly number[];
    return [inShape(x, shape)];
  },
  ScatterND: scattered,
};
