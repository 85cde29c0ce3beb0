import type { GradientRules } from '../../autodiff/rule.ts';
import { shapeOf, type Value } from '../../value.ts';
import { mul } from '../binary/ops.ts';
import { mapAxis, transposed } from '../linear-map.ts';
import { averagePool } from '../pool/ops.ts';
import {
  interpolationMatrix,
  nearestOf,
  type AxisScale,
  type Interpolation,
} from './interpolation.ts';
import { interpolationOf, resizedAxes, type resizes } from './ops.ts';

export const resizeGradients: GradientRules<typeof resizes> = {
  // Resizing is linear along each axis: the gradient goes back through the transposed matrices.
  Resize: ({ inputs, attributes }, [dy]) => {
    const how = interpolationOf(attributes);
    const axes = resizedAxes(inputs, attributes);
    if (repeatsElements(axes, how) && inputs[0].shape.length === 4) {
      return [sumOfRepeats(dy, shapeOf(inputs[0]))];
    }
    const changed = changedAxes(axes, how);
    return [
      changed.reduce(
        (dx, axis) => mapAxis(dx, transposed(interpolationMatrix(axis, how)), axis.axis),
        dy,
      ),
    ];
  },
};

/**
 * The axes that are not just copied. Whatever its factor, ONNX Runtime copies what stays as long as
 * it is: an axis where it averages elements, else the whole.
 */
function changedAxes<A extends AxisScale>(axes: readonly A[], how: Interpolation): readonly A[] {
  const changed = axes.filter(({ from, to }) => from !== to);
  return how.antialias || changed.length === 0 ? changed : axes;
}

/** Whether each element of the last axes is just repeated: by far the most frequent kind. */
function repeatsElements(
  axes: readonly (AxisScale & { readonly axis: number })[],
  how: Interpolation,
): boolean {
  const repeats = (along: (typeof axes)[number]): boolean => {
    const { axis, from, to } = along;
    const takesInOrder = (_: unknown, i: number): boolean =>
      nearestOf(i, along, how) === Math.floor((i * from) / to);
    return axis >= 2 && to % from === 0 && Array.from({ length: to }, takesInOrder).every(Boolean);
  };
  return how.mode === 'nearest' && axes.every(repeats);
}

/** Sums the copies of each element: average pooling without the division. */
function sumOfRepeats(dy: Value, [, , height, width]: readonly number[]): Value {
  const [, , tall, wide] = shapeOf(dy);
  const kernel = [tall / height, wide / width];
  return mul(averagePool(dy, { kernel }), kernel[0] * kernel[1]);
}
