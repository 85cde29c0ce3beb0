import { ModelLockError } from '../../../base/error.ts';
import { int64 } from '../../../tensor/tensor.ts';
import type { Dim } from '../../shape.ts';
import { apply, constant, constantInts, ints, operator, shapeOf, type Value } from '../../value.ts';
import { required, requireRank, sameAsFirst } from '../infer.ts';
import { reshape, transpose } from './shape-ops.ts';

/** Operators that repeat, accumulate, mask or interleave along axes. */
export const repeatOps = {
  Tile: operator({
    name: 'Tile',
    attributes: {},
    infer: (inputs) => {
      const { dtype, shape } = required(inputs, 0);
      const repeats = constantInts(inputs[1], 'the repeats');
      if (repeats.length !== shape.length) {
        throw new ModelLockError('shape', `${repeats.length} repeats for rank ${shape.length}`);
      }
      return [{ dtype, shape: shape.map((dim, i) => times(dim, repeats[i])) }];
    },
  }),
  /** Inputs: x, axis. */
  CumSum: operator({
    name: 'CumSum',
    attributes: { exclusive: 'int', reverse: 'int' },
    infer: sameAsFirst,
  }),
  /** Inputs: x, number of the diagonal. */
  Trilu: operator({ name: 'Trilu', attributes: { upper: 'int' }, infer: sameAsFirst }),
  DepthToSpace: operator({
    name: 'DepthToSpace',
    attributes: { blocksize: 'int', mode: 'string' },
    infer: (inputs, { blocksize = 1 }) => {
      const x = required(inputs, 0);
      requireRank(x, 4, 'the input');
      const [b, c, h, w] = x.shape;
      const depth = divided(c, blocksize ** 2);
      return [{ dtype: x.dtype, shape: [b, depth, times(h, blocksize), times(w, blocksize)] }];
    },
  }),
  SpaceToDepth: operator({
    name: 'SpaceToDepth',
    attributes: { blocksize: 'int' },
    infer: (inputs, { blocksize = 1 }) => {
      const x = required(inputs, 0);
      requireRank(x, 4, 'the input');
      const [b, c, h, w] = x.shape;
      const depth = times(c, blocksize ** 2);
      return [{ dtype: x.dtype, shape: [b, depth, divided(h, blocksize), divided(w, blocksize)] }];
    },
  }),
};

function times(dim: Dim, factor: number): Dim {
  if (factor === 1) return dim;
  if (typeof dim === 'number') return dim * factor;
  throw new ModelLockError('shape', `cannot repeat the named axis ${dim}`);
}

function divided(dim: Dim, divisor: number): Dim {
  if (typeof dim === 'number' && dim % divisor === 0) return dim / divisor;
  throw new ModelLockError('shape', `${dim} does not divide by ${divisor}`);
}

/** x repeated `repeats[i]` times along axis i. */
export const tile = (x: Value, repeats: readonly number[]): Value =>
  apply(repeatOps.Tile, [x, ints(repeats)], {})[0];

export interface CumSumOptions {
  /** Whether an element is left out of its own sum. */
  readonly exclusive?: boolean;
  /** Whether sums begin at the end. */
  readonly reverse?: boolean;
}

/** Running sums along `axis`. */
export function cumSum(
  x: Value,
  axis: number,
  { exclusive = false, reverse = false }: CumSumOptions = {},
): Value {
  const attributes = { exclusive: Number(exclusive), reverse: Number(reverse) };
  return apply(repeatOps.CumSum, [x, constant(int64([], [axis]))], attributes)[0];
}

/** Zeros above the given diagonal of each matrix; positive diagonals lie above the main one. */
export const lowerTriangle = (x: Value, diagonal = 0): Value =>
  apply(repeatOps.Trilu, [x, constant(int64([], [diagonal]))], { upper: 0 })[0];

/** Zeros below the given diagonal of each matrix. */
export const upperTriangle = (x: Value, diagonal = 0): Value =>
  apply(repeatOps.Trilu, [x, constant(int64([], [diagonal]))], { upper: 1 })[0];

/** PyTorch's `pixel_shuffle`: [B, C r r, H, W] to [B, C, H r, W r]. */
export const depthToSpace = (x: Value, blocksize: number): Value =>
  apply(repeatOps.DepthToSpace, [x], { blocksize, mode: 'CRD' })[0];

/** PyTorch's `pixel_unshuffle`: [B, C, H r, W r] to [B, C r r, H, W]. */
export function spaceToDepth(x: Value, blocksize: number): Value {
  const [b, c, h, w] = shapeOf(x);
  const apart = reshape(x, [b, c, h / blocksize, blocksize, w / blocksize, blocksize]);
  const blocks = transpose(apart, [0, 1, 3, 5, 2, 4]); // [B, C, r, r, H, W]
  return reshape(blocks, [b, c * blocksize ** 2, h / blocksize, w / blocksize]);
}
