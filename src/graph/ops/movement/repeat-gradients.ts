import type { GradientRules } from '../../autodiff/rule.ts';
import { apply, constantInts, shapeOf, type Value } from '../../value.ts';
import { reduceSum } from '../reduction/ops.ts';
import { repeatOps } from './repeat-ops.ts';
import { reshape, transpose } from './shape-ops.ts';

export const repeatOpGradients: GradientRules<typeof repeatOps> = {
  Tile: ({ inputs: [x, repeats] }, [dy]) => {
    const counts = constantInts(repeats, 'the repeats');
    const apart = reshape(
      dy,
      shapeOf(x).flatMap((dim, axis) => [counts[axis], dim]),
    );
    return [reduceSum(apart, { axes: counts.map((_, axis) => 2 * axis) })];
  },
  CumSum: ({ inputs: [, axis], attributes: { exclusive, reverse = 0 } }, [dy]) => [
    apply(repeatOps.CumSum, [dy, axis], { exclusive, reverse: 1 - reverse })[0],
  ],
  Trilu: ({ inputs: [, diagonal], attributes }, [dy]) => [
    apply(repeatOps.Trilu, [dy, diagonal], attributes)[0],
  ],
  DepthToSpace: ({ attributes: { blocksize = 1, mode = 'DCR' } }, [dy]) => [
    mode === 'DCR'
      ? apply(repeatOps.SpaceToDepth, [dy], { blocksize })[0]
      : spaceToDepth(dy, blocksize),
  ],
  SpaceToDepth: ({ attributes: { blocksize } }, [dy]) => [
    apply(repeatOps.DepthToSpace, [dy], { blocksize, mode: 'DCR' })[0],
  ],
};

/** PyTorch's `pixel_unshuffle`: [B, C, H r, W r] to [B, C r r, H, W]. */
export function spaceToDepth(x: Value, blocksize: number): Value {
  const [b, c, h, w] = shapeOf(x);
  const apart = reshape(x, [b, c, h / blocksize, blocksize, w / blocksize, blocksize]);
  const blocks = transpose(apart, [0, 1, 3, 5, 2, 4]); // [B, C, r, r, H, W]
  return reshape(blocks, [b, c * blocksize ** 2, h / blocksize, w / blocksize]);
}
