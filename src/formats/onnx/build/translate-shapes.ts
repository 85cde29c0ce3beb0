import { ModelLockError } from '../../../base/error.ts';
import { add, or } from '../../../graph/ops/binary/ops.ts';
import { cast, not } from '../../../graph/ops/elementwise/ops.ts';
import { gather, gathers } from '../../../graph/ops/gather/ops.ts';
import { slice, split } from '../../../graph/ops/movement/join-ops.ts';
import { padOps } from '../../../graph/ops/movement/pad.ts';
import { expand, reshape, squeeze, unsqueeze } from '../../../graph/ops/movement/shape-ops.ts';
import { cumSum, tile } from '../../../graph/ops/movement/repeat-ops.ts';
import {
  broadcastShapes,
  normaliseAxis,
  product,
  type Dim,
  type Shape,
} from '../../../graph/shape.ts';
import { apply, ints, type Value } from '../../../graph/value.ts';
import { isFloating } from '../../../tensor/dtype.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { dtypeNumbered } from '../tensor-proto.ts';
import type { Call, Surroundings } from './call.ts';
import { edgeOf, isKnown, known, knownInts, mostKnown, valueOf } from './known.ts';
import { reshapedTo, slicesOf, splitSizes, squeezedAxes } from './shape-rules.ts';
import type { Translations } from './as-it-is.ts';

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
    // The graph language has no shapes that are known only at run time: zeros do the broadcasting.
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
function tileTo(x: Value, repeats: readonly Dim[], around: Surroundings): Value {
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
function countAlong(dim: string, around: Surroundings): Value {
  const ones = cast(not(around.zerosAlong(dim)), 'int64');
  return cumSum(ones, 0, { exclusive: true });
}

function requireShape(call: Call, index: number): readonly Dim[] {
  const dims = call.dims(index, 'the shape');
  if (dims) return dims;
  throw new ModelLockError('corrupt', 'the shape is missing');
}

/** The part of a shape that a Shape node asks for. */
function shapePart(shape: Shape, call: Call): Shape {
  return shape.slice(call.int('start', 0), call.int('end', shape.length));
}

/** Pads of some axes as those of all. */
function spreadPads(
  given: readonly number[],
  axes: readonly number[],
  rank: number,
): readonly number[] {
  const pads = Array<number>(2 * rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    const along = normaliseAxis(axis, rank);
    pads[along] = given[i];
    pads[along + rank] = given[i + axes.length];
  }
  return pads;
}

/** Operators about shapes, and those whose form changed between opsets. */
export const shapeTranslations: Translations = {
  Constant: (call) => {
    const held = call.tensor('value');
    if (held) return [edgeOf(held)];
    const { attributes } = call.node;
    if (attributes.has('value_int')) return [known('int64', [], [call.int('value_int', 0)])];
    if (attributes.has('value_float'))
      return [known('float32', [], [call.float('value_float', 0)])];
    const listed = call.ints('value_ints');
    if (listed) return [knownInts(listed)];
    const floats = attributes.get('value_floats');
    if (floats?.kind === 'floats') {
      return [known('float32', [floats.value.length], floats.value)];
    }
    throw new ModelLockError('unsupported', 'it holds no tensor of numbers');
  },
  ConstantOfShape: (call) => {
    const shape = requireShape(call, 0);
    const held = call.tensor('value');
    const filler = held ? edgeOf(held) : known('float32', [1], [0]);
    const isStatic = shape.every((dim) => typeof dim === 'number');
    if (isStatic && isKnown(filler) && sizeOf(shape) <= mostKnown) {
      const elements = Array<Dim>(sizeOf(shape)).fill(filler.elements[0]);
      return [known(filler.dtype, shape, elements)];
    }
    return [expandTo(reshape(valueOf(filler), []), shape, call.around)];
  },
  Expand: (call) => [expandTo(call.value(0), requireShape(call, 1), call.around)],
  Flatten: (call) => {
    const x = call.value(0);
    const axis = call.int('axis', 1);
    const at = axis < 0 ? axis + x.shape.length : axis;
    return [reshape(x, [product(x.shape.slice(0, at)), product(x.shape.slice(at))])];
  },
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
  Identity: (call) => [call.edge(0)],
  OneHot: (call) => [apply(gathers.OneHot, call.values(), { axis: call.int('axis', -1) })[0]],
  Pad: (call) => {
    const x = call.value(0);
    const rank = x.shape.length;
    const given = call.numbers(1, 'the list of pads') ?? [];
    const axes = call.numbers(3, 'the list of axes');
    const pads = axes ? spreadPads(given, axes, rank) : given;
    if (pads.every((n) => n === 0)) return [x];
    const mode = call.string('mode', 'constant');
    return apply(padOps.Pad, [x, ints(pads), call.optional(2)], { mode });
  },
  Reshape: (call) => {
    const x = call.value(0);
    return [reshape(x, reshapedTo(x.shape, requireShape(call, 1), call.int('allowzero', 0) === 1))];
  },
  Shape: (call) => [knownInts(shapePart(call.edge(0).shape, call))],
  Size: (call) => [known('int64', [], [product(call.edge(0).shape)])],
  Slice: (call) => {
    const x = call.value(0);
    const ranges = slicesOf(x.shape, call);
    // An end of -1 would be counted from the back.
    const open = ranges.map(({ end, ...range }) => (end < 0 ? range : { ...range, end }));
    return [ranges.length === 0 ? x : slice(x, ...open)];
  },
  Split: (call) => {
    const x = call.value(0);
    const axis = normaliseAxis(call.int('axis', 0), x.shape.length);
    return split(x, splitSizes(x.shape[axis], call), axis);
  },
  Squeeze: (call) => {
    const x = call.value(0);
    const axes = squeezedAxes(x.shape, call.axes(1));
    return [axes.length === 0 ? x : squeeze(x, axes)];
  },
  Tile: (call) => {
    const repeats = call.dims(1, 'the list of repeats') ?? [];
    return [tileTo(call.value(0), repeats, call.around)];
  },
  Unsqueeze: (call) => [unsqueeze(call.value(0), call.axes(1) ?? [])],
  Range: (call) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => call.known(i, 'a bound')?.elements[0]);
    if (start === 0 && delta === 1 && typeof limit === 'string') {
      return [countAlong(limit, call.around)];
    }
    throw new ModelLockError('unsupported', 'what it counts to is not known or too large');
  },
  ScatterND: () => {
    throw new ModelLockError('unsupported', 'what it writes is computed from the data');
  },
  Cast: (call) => {
    const to = dtypeNumbered(call.int('to', 1), 'its result');
    // Graphs compute in float32 whatever precision the file was exported in.
    return [cast(call.value(0), isFloating(to) ? 'float32' : to)];
  },
  CastLike: (call) => [cast(call.value(0), call.edge(1).dtype)],
  Dropout: (call) => {
    if (isKnown(call.inputs[2]) && call.inputs[2].elements[0] === 1) {
      throw new ModelLockError(
        'unsupported',
        'it is exported in training mode; export for inference',
      );
    }
    return [call.edge(0)];
  },
};
