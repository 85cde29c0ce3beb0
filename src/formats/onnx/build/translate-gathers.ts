import { ModelLockError } from '../../../base/error.ts';
import { gather, gathers } from '../../../graph/ops/gather/ops.ts';
import { slice } from '../../../graph/ops/movement/join-ops.ts';
import { reshape, squeeze } from '../../../graph/ops/movement/shape-ops.ts';
import { normaliseAxis, staticShape } from '../../../graph/shape.ts';
import { apply, constant, constantOf, type Value } from '../../../graph/value.ts';
import { int64, sizeOf } from '../../../tensor/tensor.ts';
import type { Translations } from './as-it-is.ts';
import type { Call } from './call.ts';
import { isKnown } from './known.ts';

/** GatherND by tuples [..., K] that point along the first K axes: a gather along all of them at once. */
function gatherTuples(call: Call): Value {
  const [x, tuples] = [call.value(0), call.value(1)];
  const width = tuples.shape.at(-1);
  if (call.int('batch_dims', 0) !== 0 || typeof width !== 'number' || width > x.shape.length) {
    throw new ModelLockError('unsupported', 'its tuples do not begin at the first axis');
  }
  if (width === 0) throw new ModelLockError('corrupt', 'its tuples are empty');
  if (width === 1) return gather(x, squeeze(tuples, [-1]), 0);
  const held = constantOf(tuples);
  if (!held) throw new ModelLockError('unsupported', 'its tuples are computed from the data');
  const first = staticShape(x.shape.slice(0, width));
  const places = Array.from({ length: held.data.length / width }, (_, row) =>
    first.reduce((place, length, axis) => {
      const index = Number(held.data[row * width + axis]);
      return place * length + normaliseAxis(index, length);
    }, 0),
  );
  const line = reshape(x, [sizeOf(first), ...x.shape.slice(width)]);
  return gather(line, constant(int64(held.shape.slice(0, -1), places)), 0);
}

/** Operators that pick by indices. */
export const gatherTranslations: Translations = {
  Gather: (call) => {
    const x = call.value(0);
    const axis = normaliseAxis(call.int('axis', 0), x.shape.length);
    const index = call.inputs[1];
    // One index is a slice, whose gradient is a pad and not a scatter.
    const isOne = isKnown(index) && index.elements.length === 1 && index.shape.length < 2;
    if (isOne && typeof x.shape[axis] === 'number') {
      const at = normaliseAxis(Number(index.elements[0]), x.shape[axis]);
      const piece = slice(x, { axis, start: at, end: at + 1 });
      return [index.shape.length === 0 ? squeeze(piece, [axis]) : piece];
    }
    return [gather(x, call.value(1), axis)];
  },
  GatherND: (call) => [gatherTuples(call)],
  OneHot: (call) => [apply(gathers.OneHot, call.values(), { axis: call.int('axis', -1) })[0]],
};
