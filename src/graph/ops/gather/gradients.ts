import { ModelLockError } from '../../../base/error.ts';
import type { GradientRules } from '../../autodiff/rule.ts';
import { normaliseAxis } from '../../shape.ts';
import { scalar, shapeOf, type Value } from '../../value.ts';
import { mul } from '../binary/ops.ts';
import { expand, reshape } from '../movement/shape-ops.ts';
import { gatherElements, scatterElements, type gathers } from './ops.ts';

export const gatherGradients: GradientRules<typeof gathers> = {
  Gather: ({ inputs: [x, indices], attributes: { axis = 0 } }, [dy]) => [
    gatherGradient(x, indices, dy, normaliseAxis(axis, x.shape.length)),
  ],
  GatherElements: ({ inputs: [x, indices], attributes: { axis = 0 } }, [dy]) => [
    scatterElements(expand(scalar(0), shapeOf(x)), indices, dy, axis, 'add'),
  ],
  ScatterElements: ({ inputs: [, indices, updates], attributes }, [dy]) => {
    const { axis = 0, reduction = 'none' } = attributes;
    if (reduction !== 'none' && reduction !== 'add') {
      throw new ModelLockError(
        'unsupported',
        `operator ScatterElements has no gradient with reduction ${reduction}`,
      );
    }
    const overwritten = (): Value => scatterElements(dy, indices, mul(updates, 0), axis);
    return [reduction === 'add' ? dy : overwritten(), undefined, gatherElements(dy, indices, axis)];
  },
};

/** Adds up the rows of dy that came from the same row of x. */
function gatherGradient(x: Value, indices: Value, dy: Value, axis: number): Value {
  const shape = shapeOf(x);
  const count = shapeOf(indices).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, axis);
  const inner = shape.slice(axis + 1);
  const rows = reshape(dy, [...outer, count, ...inner]);
  const places = expand(reshape(indices, [...outer.map(() => 1), count, ...inner.map(() => 1)]), [
    ...outer,
    count,
    ...inner,
  ]);
  return scatterElements(expand(scalar(0), shape), places, rows, axis, 'add');
}
