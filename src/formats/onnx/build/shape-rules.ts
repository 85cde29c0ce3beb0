import { ModelLockError } from '../../../base/error.ts';
import {
  normaliseAxis,
  product,
  quotient,
  showShape,
  type Dim,
  type Shape,
} from '../../../graph/shape.ts';
import type { Call } from './call.ts';

/** Shapes of results, of known tensors and of values alike. */

/** The shape that a Reshape asks for, with its -1 worked out. A zero copies an axis unless `allowZero`. */
export function reshapedTo(from: Shape, wanted: readonly Dim[], allowZero: boolean): Shape {
  const dims = wanted.map((dim, axis) => (dim === 0 && !allowZero ? (from[axis] ?? dim) : dim));
  const open = dims.indexOf(-1);
  const total = product(from);
  if (dims.some((dim, axis) => Number(dim) < 0 && axis !== open)) {
    throw new ModelLockError('shape', `${showShape(from)} as ${showShape(dims)}`);
  }
  if (open >= 0) {
    const rest = quotient(total, product(dims.filter((_, axis) => axis !== open)));
    return dims.with(open, rest);
  }
  if (product(dims) !== total) {
    throw new ModelLockError('shape', `${showShape(from)} as ${showShape(dims)}`);
  }
  return dims;
}

/** The shape of pieces that are joined along an axis. */
export function joinedShape(
  pieces: readonly { readonly shape: readonly number[] }[],
  axis: number,
): readonly number[] {
  const [{ shape: first }] = pieces;
  const along = normaliseAxis(axis, first.length);
  for (const { shape } of pieces) {
    const fits =
      shape.length === first.length && shape.every((dim, i) => i === along || dim === first[i]);
    if (!fits) throw new ModelLockError('shape', `${showShape(first)} and ${showShape(shape)}`);
  }
  return first.with(
    along,
    pieces.reduce((sum, { shape }) => sum + shape[along], 0),
  );
}

export interface SliceRange {
  readonly axis: number;
  /** Counted from the front. */
  readonly start: number;
  /** Excluded; -1 for a negative step that runs to the first element. */
  readonly end: number;
  readonly step: number;
}

/** The ranges of a Slice node that leave something out. Throws `shape` for those of named axes. */
export function slicesOf(shape: Shape, call: Call): readonly SliceRange[] {
  const starts = call.numbers(1, 'the list of starts') ?? [];
  const ends = call.numbers(2, 'the list of ends') ?? [];
  const axes = call.numbers(3, 'the list of axes') ?? starts.map((_, i) => i);
  const steps = call.numbers(4, 'the list of steps') ?? starts.map(() => 1);
  if ([ends, axes, steps].some((list) => list.length !== starts.length) || steps.includes(0)) {
    throw new ModelLockError('corrupt', 'starts, ends, axes and steps do not fit together');
  }
  return starts.flatMap((start, i) => {
    const axis = normaliseAxis(axes[i], shape.length);
    const length = shape[axis];
    const step = steps[i];
    // Exporters write "all of it" as the largest number of 32 or 64 bits.
    if (start === 0 && step === 1 && ends[i] >= 2 ** 31 - 1) return [];
    if (typeof length === 'string') {
      throw new ModelLockError('shape', `cannot slice the named axis ${length}; bind it`);
    }
    const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
    const clamp = (bound: number): number =>
      Math.min(Math.max(bound < 0 ? bound + length : bound, low), high);
    return [{ axis, start: clamp(start), end: clamp(ends[i]), step }];
  });
}

/** The axes that a Squeeze takes out: those given, or all of length 1. */
export function squeezedAxes(shape: Shape, axes: readonly number[] | undefined): readonly number[] {
  return (
    axes?.map((axis) => normaliseAxis(axis, shape.length)) ??
    shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
  );
}

/** The sizes of a Split's pieces: an attribute, an input, or equal ones for all its outputs. */
export function splitSizes(length: Dim, call: Call): readonly number[] {
  if (typeof length === 'string') {
    throw new ModelLockError('shape', `cannot split the named axis ${length}; bind it`);
  }
  const count = call.node.outputs.length;
  const given = call.ints('split') ?? call.numbers(1, 'the list of sizes');
  if (given) {
    const total = given.reduce((sum, size) => sum + size, 0);
    if (given.length === count && total === length && given.every((size) => size >= 0)) {
      return given;
    }
    throw new ModelLockError('corrupt', `${count} pieces of ${length}: [${given.join(', ')}]`);
  }
  if (count > Math.max(1, length) || call.int('num_outputs', count) !== count) {
    throw new ModelLockError('corrupt', `${call.int('num_outputs', count)} pieces of ${length}`);
  }
  const size = Math.ceil(length / count);
  return Array.from({ length: count }, (_, i) => Math.min(size, Math.max(0, length - i * size)));
}
