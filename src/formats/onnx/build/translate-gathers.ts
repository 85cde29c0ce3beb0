import { ModelLockError } from '../../../base/error.ts';
import { add, less, mul, where } from '../../../graph/ops/binary/ops.ts';
import {
  gather,
  gathers,
  scatterElements,
  scatterReductions,
  type Scatter,
} from '../../../graph/ops/gather/ops.ts';
import { slice } from '../../../graph/ops/movement/join-ops.ts';
import { reshape, squeeze } from '../../../graph/ops/movement/shape-ops.ts';
import { normaliseAxis, product, showShape, type Shape } from '../../../graph/shape.ts';
import { apply, constant, constantOf, type Value } from '../../../graph/value.ts';
import { int64 } from '../../../tensor/tensor.ts';
import type { Translations } from './as-it-is.ts';
import type { Call } from './call.ts';
import { isKnown } from './known.ts';
import { expandTo } from './named-axes.ts';

/** GatherND by tuples [..., K] that point along the first K axes: a gather along all of them at once. */
function gatherTuples(call: Call): Value {
  const [x, tuples] = [call.value(0), call.value(1)];
  if (call.int('batch_dims', 0) !== 0) {
    throw new ModelLockError('unsupported', 'its tuples do not begin at the first axis');
  }
  const width = widthOf(tuples, x);
  const line = reshape(x, [product(x.shape.slice(0, width)), ...x.shape.slice(width)]);
  return gather(line, placesOf(tuples, x.shape.slice(0, width)), 0);
}

/** ScatterND likewise: as exporters write an assignment to a slice. */
function scatterTuples(call: Call): Value {
  const [x, tuples, updates] = [call.value(0), call.value(1), call.value(2)];
  const width = widthOf(tuples, x);
  const [first, rest] = [x.shape.slice(0, width), x.shape.slice(width)];
  const places = placesOf(tuples, first);
  const picked = [...places.shape, ...rest];
  requireSameShape(updates.shape, picked);
  const rows = reshape(places, [...places.shape, ...rest.map(() => 1)]);
  const flat = [product(places.shape), product(rest)];
  const scattered = scatterElements(
    reshape(x, [product(first), product(rest)]),
    reshape(expandTo(rows, picked, call.around), flat),
    reshape(updates, flat),
    0,
    reductionOf(call),
  );
  return reshape(scattered, x.shape);
}

/** K of tuples [..., K]. */
function widthOf(tuples: Value, x: Value): number {
  const width = tuples.shape.at(-1);
  if (typeof width === 'number' && width > 0 && width <= x.shape.length) return width;
  throw new ModelLockError(
    'corrupt',
    `its tuples of shape ${showShape(tuples.shape)} do not point into ${showShape(x.shape)}`,
  );
}

function requireSameShape(updates: Shape, picked: Shape): void {
  if (showShape(updates) === showShape(picked)) return;
  throw new ModelLockError(
    'shape',
    `it writes ${showShape(updates)} where its tuples point to ${showShape(picked)}`,
  );
}

function reductionOf(call: Call): Scatter {
  const given = call.string('reduction', 'none');
  const reduction = scatterReductions.find((name) => name === given);
  if (reduction) return reduction;
  throw new ModelLockError('corrupt', `its reduction is "${given}"`);
}

/**
 * Where tuples [..., K] point to when the K axes of these lengths are one. Negative indices count from
 * the end of their axis. Throws `shape` for known ones that lie beyond it: as places they would be others.
 */
function placesOf(tuples: Value, lengths: Shape): Value {
  const known = constantOf(tuples)?.data ?? [];
  for (const [i, index] of known.entries()) {
    const length = lengths[i % lengths.length];
    if (typeof length === 'number') normaliseAxis(Number(index), length);
  }
  const others = lengths.slice(1).filter((length) => typeof length === 'number');
  if (others.length < lengths.length - 1) {
    throw new ModelLockError('unsupported', 'its tuples point along a named axis after another');
  }
  const indices = (axis: number): Value =>
    squeeze(slice(tuples, { axis: -1, start: axis, end: axis + 1 }), [-1]);
  // Negative ones along the first axis are so as places, too.
  return others.reduce((place, length, i) => {
    const given = indices(i + 1);
    const own = where(less(given, whole(0)), add(given, whole(length)), given);
    return add(mul(place, whole(length)), own);
  }, indices(0));
}

const whole = (n: number): Value => constant(int64([], [n]));

/** Operators that pick by indices, or put there. */
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
  ScatterND: (call) => [scatterTuples(call)],
  OneHot: (call) => [apply(gathers.OneHot, call.values(), { axis: call.int('axis', -1) })[0]],
};
