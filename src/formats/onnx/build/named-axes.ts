import { add, or } from '../../../graph/ops/binary/ops.ts';
import { cast, not } from '../../../graph/ops/elementwise/ops.ts';
import { cumSum, tile } from '../../../graph/ops/movement/repeat-ops.ts';
import { expand, reshape } from '../../../graph/ops/movement/shape-ops.ts';
import { broadcastShapes, product, type Dim, type Shape } from '../../../graph/shape.ts';
import type { Value } from '../../../graph/value.ts';
import type { Surroundings } from './call.ts';

// What is as long as a named axis. The graph language has no shapes that are known only at run time:
// zeros along the axis do the broadcasting.

/** x broadcast to a shape, which may have named axes. */
export function expandTo(x: Value, wanted: Shape, around: Surroundings): Value {
  const shape = broadcastShapes(x.shape, wanted);
  // Expand takes 1 for an axis that stays as it is, or that zeros are added along below.
  const grown = expandFixed(
    x,
    shape.map((dim) => (typeof dim === 'string' ? 1 : dim)),
  );
  return shape.reduce((value: Value, dim, axis) => {
    if (typeof dim !== 'string' || value.shape[axis - shape.length + value.shape.length] === dim) {
      return value;
    }
    const zeros = around.zerosAlong(dim); // [dim]
    const along = reshape(
      zeros,
      shape.slice(axis).map((_, i) => (i === 0 ? dim : 1)),
    );
    return value.dtype === 'bool' ? or(value, along) : add(value, cast(along, value.dtype));
  }, grown);
}

function expandFixed(x: Value, shape: readonly number[]): Value {
  return x.shape.join() === broadcastShapes(x.shape, shape).join() ? x : expand(x, shape);
}

/** x repeated along its axes, along some of them as often as a named axis is long. */
export function tileTo(x: Value, repeats: readonly Dim[], around: Surroundings): Value {
  const tiled = tile(
    x,
    repeats.map((times) => (typeof times === 'string' ? 1 : times)),
  );
  return repeats.reduce((value: Value, times, axis) => {
    if (typeof times !== 'string') return value;
    // Broadcast along an axis of its own, which is then merged.
    const [before, after] = [value.shape.slice(0, axis), value.shape.slice(axis)];
    const repeated = expandTo(
      reshape(value, [...before, 1, ...after]),
      [...before, times, ...after],
      around,
    );
    return reshape(repeated, [...before, product([times, after[0]]), ...after.slice(1)]);
  }, tiled);
}

/** 0, 1, 2 and so on along a named axis. */
export function countAlong(dim: string, around: Surroundings): Value {
  const ones = cast(not(around.zerosAlong(dim)), 'int64');
  return cumSum(ones, 0, { exclusive: true });
}
