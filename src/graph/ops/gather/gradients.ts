import { ModelLockError } from '../../../base/error.ts';
import { noGradient, type GradientRules } from '../../autodiff/rule.ts';
import { normaliseAxis } from '../../shape.ts';
import { scalar, shapeOf, type Value } from '../../value.ts';
import { mul } from '../binary/ops.ts';
import { expand, reshape } from '../movement/shape-ops.ts';
import { gatherElements, scatterAdd, scatterElements, type gathers } from './ops.ts';

export const gatherGradients: GradientRules<typeof gathers> = {
  Gather: ({ inputs: [x, indices], attributes: { axis = 0 } }, [dy]) => {
    const shape = shapeOf(x);
    const along = normaliseAxis(axis, shape.length);
    const count = shapeOf(indices).reduce((product, dim) => product * dim, 1);
    const picked = shape.with(along, count);
    const line = reshape(
      indices,
      picked.map((_, i) => (i === along ? count : 1)),
    );
    return [scatterAdd(zerosLike(x), expand(line, picked), reshape(dy, picked), along)];
  },
  GatherElements: ({ inputs: [x, indices], attributes: { axis = 0 } }, [dy]) => [
    scatterAdd(zerosLike(x), indices, dy, axis),
  ],
  ScatterElements: (
    { inputs: [, indices, updates], attributes: { axis = 0, reduction = 'none' } },
    [dy],
  ) => {
    if (reduction !== 'none' && reduction !== 'add') {
      throw new ModelLockError(
        'unsupported',
        `operator ScatterElements has no gradient with reduction ${reduction}`,
      );
    }
    // What was overwritten gets nothing.
    const dx = reduction === 'add' ? dy : scatterElements(dy, indices, mul(updates, 0), axis);
    return [dx, undefined, gatherElements(dy, indices, axis)];
  },
  OneHot: noGradient,
  TopK: ({ inputs: [x], outputs: [, indices], attributes: { axis = -1 } }, [dy]) => [
    scatterAdd(zerosLike(x), indices, dy, axis),
  ],
};

const zerosLike = (x: Value): Value => expand(scalar(0), shapeOf(x));
