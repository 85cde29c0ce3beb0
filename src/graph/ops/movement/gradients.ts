import { unbroadcast, zerosOf, type GradientRules } from '../../autodiff/rule.ts';
import { normaliseAxis } from '../../shape.ts';
import { scalar, shapeOf, type Value } from '../../value.ts';
import { concat, rangesOf, slice, split, type joinOps, type Range } from './join-ops.ts';
import { mapAxis, matrixOf } from '../linear-map.ts';
import { pad, padsOf, type PadMode, type padOps, type Pads } from './pad.ts';
import { expand, reshape, transpose, unsqueeze, type shapeOps } from './shape-ops.ts';

export const shapeOpGradients: GradientRules<typeof shapeOps> = {
  Reshape: ({ inputs: [x] }, [dy]) => [reshape(dy, x.shape)],
  Expand: ({ inputs: [x] }, [dy]) => [unbroadcast(dy, x.shape)],
  Squeeze: ({ inputs: [x] }, [dy]) => [reshape(dy, x.shape)],
  Unsqueeze: ({ inputs: [x] }, [dy]) => [reshape(dy, x.shape)],
  Transpose: ({ inputs: [x], attributes: { perm } }, [dy]) => {
    const order = perm ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
    return [
      transpose(
        dy,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ];
  },
};

export const joinOpGradients: GradientRules<typeof joinOps> = {
  Concat: ({ inputs, attributes: { axis = 0 } }, [dy]) => {
    const along = normaliseAxis(axis, dy.shape.length);
    return split(
      dy,
      inputs.map((value) => shapeOf(value)[along]),
      along,
    );
  },
  Split: ({ outputs, attributes: { axis = 0 } }, dys) => [
    concat(
      outputs.map((y, i) => dys[i] ?? zerosOf(y)),
      axis,
    ),
  ],
  Slice: ({ inputs }, [dy]) => {
    const sizes = shapeOf(inputs[0]);
    return [rangesOf(inputs).reduce((dx, range) => spread(dx, range, sizes[range.axis]), dy)];
  },
};

/** The inverse of taking `range` along one axis of length `length`: zeros where nothing was taken. */
function spread(dy: Value, { axis, start, step }: Range, length: number): Value {
  const count = shapeOf(dy)[axis];
  if (count === 0) return expand(scalar(0), shapeOf(dy).with(axis, length));
  // A negative step takes the same elements in the other order.
  const forward = step > 0 ? dy : slice(dy, { axis, step: -1 });
  const first = step > 0 ? start : start + (count - 1) * step;
  const dilated = dilate(forward, axis, Math.abs(step));
  const after = length - first - shapeOf(dilated)[axis];
  return pad(dilated, { [axis]: [first, after] });
}

/** Puts `step - 1` zeros between neighbours along an axis. */
function dilate(x: Value, axis: number, step: number): Value {
  if (step === 1) return x;
  const shape = shapeOf(x);
  const apart = unsqueeze(x, [axis + 1]);
  const spaced = pad(apart, { [axis + 1]: [0, step - 1] });
  const joined = reshape(spaced, shape.with(axis, shape[axis] * step));
  return slice(joined, { axis, end: (shape[axis] - 1) * step + 1 });
}

export const padOpGradients: GradientRules<typeof padOps> = {
  Pad: ({ inputs, attributes: { mode = 'constant' } }, [dy]) => {
    const { before, after } = padsOf(inputs);
    if (mode === 'constant') {
      const back = before.map((n, axis) => [axis, [-n, -after[axis]] as const]);
      return [pad(dy, Object.fromEntries(back) as Pads)];
    }
    const lengths = shapeOf(inputs[0]);
    return [
      lengths.reduce((dx, length, axis) => {
        const sources = paddedSources(length, before[axis], after[axis], mode as PadMode);
        if (before[axis] === 0 && after[axis] === 0) return dx;
        const copies = matrixOf(length, sources.length, (i, place) =>
          sources[place] === i ? 1 : 0,
        );
        return mapAxis(dx, copies, axis);
      }, dy),
    ];
  },
};

/** For each element of a padded axis, the element that it is a copy of. */
function paddedSources(
  length: number,
  before: number,
  after: number,
  mode: PadMode,
): readonly number[] {
  return Array.from({ length: length + before + after }, (_, place) =>
    sourceIndex[mode](place - before, length),
  );
}

const modulo = (a: number, n: number): number => ((a % n) + n) % n;

const sourceIndex: Record<PadMode, (index: number, length: number) => number> = {
  constant: (index) => index,
  edge: (index, length) => Math.min(Math.max(index, 0), length - 1),
  wrap: modulo,
  reflect: (index, length) => {
    if (length === 1) return 0;
    const period = 2 * (length - 1);
    const phase = modulo(index, period);
    return Math.min(phase, period - phase);
  },
};
