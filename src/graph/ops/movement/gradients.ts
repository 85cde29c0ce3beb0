import { ModelLockError } from '../../../base/error.ts';
import { unbroadcast, type GradientRules } from '../../autodiff/rule.ts';
import { normaliseAxis } from '../../shape.ts';
import { scalar, shapeOf, type Value } from '../../value.ts';
import { mul } from '../binary/ops.ts';
import { concat, rangesOf, slice, split, type joinOps, type Range } from './join-ops.ts';
import { pad, padsOf, type padOps } from './pad.ts';
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
      outputs.map((y, i) => dys[i] ?? mul(y, 0)),
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
    if (mode !== 'constant') {
      throw new ModelLockError('unsupported', `operator Pad has no gradient in mode ${mode}`);
    }
    const { before, after } = padsOf(inputs);
    const back = Object.fromEntries(before.map((n, axis) => [axis, [-n, -after[axis]] as const]));
    return [pad(dy, back)];
  },
};
