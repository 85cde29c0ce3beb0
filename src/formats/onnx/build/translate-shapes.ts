import { ModelLockError } from '../../../base/error.ts';
import { cast } from '../../../graph/ops/elementwise/ops.ts';
import { slice, split } from '../../../graph/ops/movement/join-ops.ts';
import { padOps } from '../../../graph/ops/movement/pad.ts';
import { reshape, reshapedTo, squeeze, unsqueeze } from '../../../graph/ops/movement/shape-ops.ts';
import { normaliseAxis, product, type Dim, type Shape } from '../../../graph/shape.ts';
import { apply, ints } from '../../../graph/value.ts';
import { isFloating } from '../../../tensor/dtype.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { dtypeNumbered } from '../tensor-proto.ts';
import { Call } from './call.ts';
import { edgeOf, isKnown, known, knownInts, mostKnown, requireLengths, valueOf } from './known.ts';
import { countAlong, expandTo, tileTo } from './named-axes.ts';
import { slicesOf, splitSizes, squeezedAxes } from './shape-rules.ts';
import type { Translations } from './as-it-is.ts';

function requireShape(call: Call, index: number): readonly Dim[] {
  const dims = call.dims(index, 'the shape');
  if (dims) return dims;
  throw new ModelLockError('corrupt', 'the shape is missing');
}

/** The part of a shape that a Shape node asks for. */
function shapePart(shape: Shape, call: Call): Shape {
  return shape.slice(call.int('start', 0), call.int('end', shape.length));
}

/** Pads of some axes, or of all, as those of all. */
function spreadPads(
  given: readonly number[],
  axes: readonly number[],
  rank: number,
): readonly number[] {
  if (given.length !== 2 * axes.length) {
    throw new ModelLockError('corrupt', `${given.length} pads of ${axes.length} axes`);
  }
  const pads = Array<number>(2 * rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    const along = normaliseAxis(axis, rank);
    pads[along] = given[i];
    pads[along + rank] = given[i + axes.length];
  }
  return pads;
}

/** A Slice whose ends at the lengths of named axes are "to the end", as exporters write it, too. */
function withOpenEnds(shape: Shape, call: Call): Call {
  const ends = call.inputs[2];
  if (!isKnown(ends)) return call;
  const axes = call.numbers(3, 'the list of axes') ?? [...ends.elements.keys()];
  const open = ends.elements.map((end, i) =>
    typeof end === 'string' && end === shape.at(axes[i]) ? Number.MAX_SAFE_INTEGER : end,
  );
  return new Call(call.node, call.inputs.with(2, knownInts(open)), call.around);
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
    requireLengths(shape);
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
  Identity: (call) => [call.edge(0)],
  Pad: (call) => {
    const x = call.value(0);
    const rank = x.shape.length;
    const given = call.numbers(1, 'the list of pads') ?? [];
    const axes = call.numbers(3, 'the list of axes') ?? [...x.shape.keys()];
    const pads = spreadPads(given, axes, rank);
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
    const ranges = slicesOf(x.shape, withOpenEnds(x.shape, call));
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
