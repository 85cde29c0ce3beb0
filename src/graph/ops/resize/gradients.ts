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
    // Where ONNX Runtime averages elements, it copies an axis that stays as long as it is.
    const changed = axes.filter(({ from, to }) => !how.antialias || from !== to);
    return [
      changed.reduce(
        (dx, axis) => mapAxis(dx, transposed(interpolationMatrix(axis, how)), axis.axis),
        dy,
      ),
    ];
  },
};

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
