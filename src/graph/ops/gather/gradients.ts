import { ModelLockError } from '../../../base/error.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { noGradient, zerosOf, type GradientRules } from '../../autodiff/rule.ts';
import { normaliseAxis } from '../../shape.ts';
import { shapeOf } from '../../value.ts';
import { expand, reshape } from '../movement/shape-ops.ts';
import { gatherElements, scatterAdd, scatterElements, type gathers } from './ops.ts';

export const gatherGradients: GradientRules<typeof gathers> = {
  Gather: ({ inputs: [x, indices], attributes: { axis = 0 } }, [dy]) => {
    const shape = shapeOf(x);
    const along = normaliseAxis(axis, shape.length);
    const count = sizeOf(shapeOf(indices));
    const picked = shape.with(along, count);
    const line = reshape(
      indices,
      picked.map((_, i) => (i === along ? count : 1)),
    );
    return [scatterAdd(zerosOf(x), expand(line, picked), reshape(dy, picked), along)];
  },
  GatherElements: ({ inputs: [x, indices], attributes: { axis = 0 } }, [dy]) => [
    scatterAdd(zerosOf(x), indices, dy, axis),
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
    const dx = reduction === 'add' ? dy : scatterElements(dy, indices, zerosOf(updates), axis);
    return [dx, undefined, gatherElements(dy, indices, axis)];
  },
  OneHot: noGradient,
  TopK: ({ inputs: [x], outputs: [, indices], attributes: { axis = -1 } }, [dy]) => [
    scatterAdd(zerosOf(x), indices, dy, axis),
  ],
};
