import type { GradientRules } from '../../autodiff/rule.ts';
import { apply, constantInts, shapeOf } from '../../value.ts';
import { reduceSum } from '../reduction/ops.ts';
import { repeatOps, spaceToDepth } from './repeat-ops.ts';
import { reshape } from './shape-ops.ts';

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
