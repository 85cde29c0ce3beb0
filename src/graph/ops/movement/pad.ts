import { ModelLockError } from '../../../base/error.ts';
import { normaliseAxis } from '../../shape.ts';
import { apply, constantInts, ints, operator, scalar, shapeOf, type Value } from '../../value.ts';
import { cast } from '../elementwise/ops.ts';
import { required } from '../infer.ts';

export type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap';

export const padOps = {
  /** Inputs: data, pads (all begins, then all ends), constant value. Negative pads crop. */
  Pad: operator({
    name: 'Pad',
    attributes: { mode: 'string' },
    infer: (inputs) => {
      const x = required(inputs, 0);
      const pads = constantInts(inputs[1], 'the pads');
      const rank = x.shape.length;
      if (pads.length !== 2 * rank) {
        throw new ModelLockError('shape', `${pads.length} pads for a tensor of rank ${rank}`);
      }
      const shape = x.shape.map((dim, axis) => {
        const added = pads[axis] + pads[axis + rank];
        if (added === 0) return dim;
        if (typeof dim === 'number') return dim + added;
        throw new ModelLockError('shape', `cannot pad the named axis ${dim}`);
      });
      return [{ dtype: x.dtype, shape }];
    },
  }),
};

/** `[before, after]` by axis; axes that are not named stay. */
export type Pads = Readonly<Record<number, readonly [before: number, after: number]>>;

/**
 * x with further elements before and after: copies as `mode` has it, or `value`. Negative numbers
 * of them take elements away.
 */
export function pad(x: Value, pads: Pads, mode: PadMode = 'constant', value = 0): Value {
  const rank = x.shape.length;
  const all = Array.from({ length: 2 * rank }, () => 0);
  for (const [axis, [before, after]] of Object.entries(pads)) {
    const along = normaliseAxis(Number(axis), rank);
    all[along] = before;
    all[along + rank] = after;
  }
  if (all.every((n) => n === 0)) return x;
  const fill = mode === 'constant' ? cast(scalar(value), x.dtype) : undefined;
  return apply(padOps.Pad, [x, ints(all), fill], { mode })[0];
}

/** The begins and ends of a Pad node. */
export function padsOf(inputs: readonly (Value | undefined)[]): {
  before: readonly number[];
  after: readonly number[];
} {
  const pads = constantInts(inputs[1], 'the pads');
  const rank = shapeOf(required(inputs, 0)).length;
  return { before: pads.slice(0, rank), after: pads.slice(rank) };
}
