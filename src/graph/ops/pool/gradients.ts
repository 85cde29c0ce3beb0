import { float32, sizeOf } from '../../../tensor/tensor.ts';
import type { GradientRules } from '../../autodiff/rule.ts';
import { constant, scalar, shapeOf } from '../../value.ts';
import { mul } from '../binary/ops.ts';
import { scatterAdd } from '../gather/ops.ts';
import { mapAxis, matrixOf } from '../linear-map.ts';
import { expand, reshape } from '../movement/shape-ops.ts';
import type { AxisWindow } from '../window.ts';
import { poolWindows, type pools } from './ops.ts';

export const poolGradients: GradientRules<typeof pools> = {
  // The first of equals takes the gradient, because its index is the one that is returned.
  MaxPool: ({ inputs: [x], outputs: [, indices] }, [dy]) => {
    const zeros = expand(scalar(0), [sizeOf(shapeOf(x))]);
    return [reshape(scatterAdd(zeros, reshape(indices, [-1]), reshape(dy, [-1]), 0), x.shape)];
  },
  AveragePool: ({ inputs: [x], attributes }, [dy]) => {
    const windows = poolWindows(x, attributes);
    const shares = constant(windowShares(windows, attributes.count_include_pad === 1));
    return [
      windows.reduce((dx, window, i) => mapAxis(dx, membership(window), i + 2), mul(dy, shares)),
    ];
  },
  GlobalAveragePool: ({ inputs: [x] }, [dy]) => {
    const lengths = shapeOf(x).slice(2);
    const places = sizeOf(lengths);
    // The product broadcasts, several times as fast as Expand.
    const shares = constant(float32(lengths, new Float32Array(places).fill(1 / places)));
    return [mul(dy, shares)];
  },
};

/** [length, count]: 1 where the element lies in the window. */
function membership({ length, count, kernel, stride, dilation, before }: AxisWindow) {
  return matrixOf(length, count, (element, place) => {
    const offset = element + before - place * stride;
    return offset >= 0 && offset % dilation === 0 && offset / dilation < kernel ? 1 : 0;
  });
}

/** One over the number of elements that each window averages, [...counts]. */
function windowShares(windows: readonly AxisWindow[], includePad: boolean) {
  const sizes = windows.map((window) => windowSizes(window, includePad));
  const products = sizes.reduce((outer, axis) => outer.flatMap((a) => axis.map((b) => a * b)), [1]);
  return float32(
    windows.map(({ count }) => count),
    products.map((size) => 1 / size),
  );
}

function windowSizes(window: AxisWindow, includePad: boolean): readonly number[] {
  const { length, count, kernel, stride, dilation, before, after } = window;
  const [first, last] = includePad ? [-before, length + after] : [0, length];
  return Array.from({ length: count }, (_, place) => {
    const elements = Array.from(
      { length: kernel },
      (_, k) => place * stride - before + k * dilation,
    );
    return elements.filter((element) => element >= first && element < last).length;
  });
}
