import { ModelLockError } from '../../../base/error.ts';
import { clampedRange, type Range } from '../../../graph/ops/movement/join-ops.ts';
import { normaliseAxis, type Dim, type Shape } from '../../../graph/shape.ts';
import type { Call } from './call.ts';

/** What nodes about shapes ask for, of known tensors and of values alike. */

/** The ranges of a Slice node that leave something out. Throws `shape` for those of named axes. */
export function slicesOf(shape: Shape, call: Call): readonly Range[] {
  const starts = call.numbers(1, 'the list of starts') ?? [];
  const ends = call.numbers(2, 'the list of ends') ?? [];
  const axes = call.numbers(3, 'the list of axes') ?? starts.map((_, i) => i);
  const steps = call.numbers(4, 'the list of steps') ?? starts.map(() => 1);
  if ([ends, axes, steps].some((list) => list.length !== starts.length) || steps.includes(0)) {
    throw new ModelLockError('corrupt', 'starts, ends, axes and steps do not fit together');
  }
  return starts.flatMap((start, i) => {
    const axis = normaliseAxis(axes[i], shape.length);
    const range = { axis, start, end: ends[i], step: steps[i] };
    // Exporters write "all of it" as the largest number of 32 or 64 bits.
    if (start === 0 && range.step === 1 && range.end >= 2 ** 31 - 1) return [];
    return [clampedRange(range, shape[axis])];
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
