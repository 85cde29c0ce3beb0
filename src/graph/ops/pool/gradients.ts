import type { GradientRules } from '../../autodiff/rule.ts';
import { constant, scalar, shapeOf, type Value } from '../../value.ts';
import { div, mul } from '../binary/ops.ts';
import { inputGradient } from '../conv/gradients.ts';
import { reach, windowOf, type Window } from '../conv/ops.ts';
import { scatterElements } from '../gather/ops.ts';
import { expand, reshape } from '../movement/shape-ops.ts';
import type { AveragePoolAttributes, pools } from './ops.ts';

export const poolGradients: GradientRules<typeof pools> = {
  MaxPool: ({ inputs: [x], outputs: [, places] }, [dy]) => {
    const shape = shapeOf(x);
    const nothing = expand(scalar(0), [shape.reduce((a, b) => a * b, 1)]);
    const dx = scatterElements(nothing, reshape(places, [-1]), reshape(dy, [-1]), 0, 'add');
    return [reshape(dx, shape)];
  },
  AveragePool: ({ inputs: [x], attributes }, [dy]) => [averageGradient(x, dy, attributes)],
  GlobalAveragePool: ({ inputs: [x] }, [dy]) => {
    const area = shapeOf(x)
      .slice(2)
      .reduce((a, b) => a * b, 1);
    return [expand(mul(dy, 1 / area), shapeOf(x))];
  },
};

/** An average is a sum by a kernel of ones, channel by channel, divided by what it counted. */
function averageGradient(x: Value, dy: Value, attributes: AveragePoolAttributes): Value {
  const { kernel_shape: kernel = [], count_include_pad = 0 } = attributes;
  const window = windowOf(kernel, attributes);
  const channels = shapeOf(x)[1];
  const spatial = shapeOf(x).slice(2);
  const output = shapeOf(dy).slice(2);
  // In ceil mode the last window may reach beyond the padding.
  const beyond = output.map((size, axis) =>
    Math.max(
      window.after[axis],
      (size - 1) * window.strides[axis] + reach(window, axis) - spatial[axis] - window.before[axis],
    ),
  );
  const ones = expand(scalar(1), [channels, 1, ...kernel]);
  const share = div(dy, countsOf(spatial, output, window, count_include_pad === 1));
  return inputGradient(x, ones, share, channels, { ...window, after: beyond });
}

/** How many elements each window counts: the product over the axes. */
function countsOf(
  spatial: readonly number[],
  output: readonly number[],
  window: Window,
  includePad: boolean,
): Value {
  const byAxis = output.map((size, axis) => {
    const low = includePad ? -window.before[axis] : 0;
    const high = spatial[axis] + (includePad ? window.after[axis] : 0);
    return Array.from({ length: size }, (_, i) => {
      const start = i * window.strides[axis] - window.before[axis];
      const taps = Array.from({ length: window.kernel[axis] }, (__, tap) => {
        return start + tap * window.dilations[axis];
      });
      return taps.filter((place) => place >= low && place < high).length;
    });
  });
  const counts = byAxis.reduce((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]);
  return constant({ dtype: 'float32', shape: output, data: Float32Array.from(counts) });
}
