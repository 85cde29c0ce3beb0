import type { GradientRules } from '../../autodiff/rule.ts';
import { shapeOf, type Value } from '../../value.ts';
import { mul } from '../binary/ops.ts';
import { matmul } from '../matmul/ops.ts';
import { concat, slice } from '../movement/join-ops.ts';
import { pad, type Pads } from '../movement/pad.ts';
import { flatten, reshape, transpose, unsqueeze, matrixTranspose } from '../movement/shape-ops.ts';
import { reduceSum } from '../reduction/ops.ts';
import { conv, convTranspose, reach, windowOf, type convolutions, type Window } from './ops.ts';

export const convolutionGradients: GradientRules<typeof convolutions> = {
  Conv: ({ inputs: [x, w, b], attributes }, [dy]) => {
    const { group = 1 } = attributes;
    const window = windowOf(shapeOf(w).slice(2), attributes);
    return [
      inputGradient(x, w, dy, group, window),
      weightGradient(x, w, dy, group, window),
      b && biasGradient(dy),
    ];
  },
  // The transposed convolution is the input gradient of a convolution, so its gradients are that
  // convolution and that convolution's weight gradient with x and dy in each other's place.
  ConvTranspose: ({ inputs: [x, w, b], attributes }, [dy]) => {
    const { group = 1, strides, dilations, pads } = attributes;
    const window = windowOf(shapeOf(w).slice(2), attributes);
    // Output padding adds rows that no kernel position of the convolution starts at.
    const same = shapeOf(x).slice(2);
    const full = conv(dy, w, undefined, { strides, dilations, pads, group });
    const dx = same.reduce((value, size, i) => slice(value, { axis: i + 2, end: size }), full);
    return [dx, weightGradient(dy, w, x, group, window), b && biasGradient(dy)];
  },
};

function biasGradient(dy: Value): Value {
  return reduceSum(dy, { axes: shapeOf(dy).flatMap((_, axis) => (axis === 1 ? [] : [axis])) });
}

/** The gradient of a convolution with respect to its input. */
export function inputGradient(x: Value, w: Value, dy: Value, group: number, window: Window): Value {
  const { strides, dilations, before, after } = window;
  const output = shapeOf(dy).slice(2);
  // Rows at the end that no kernel position reached.
  const rest = shapeOf(x)
    .slice(2)
    .map(
      (size, axis) =>
        size +
        before[axis] +
        after[axis] -
        ((output[axis] - 1) * strides[axis] + reach(window, axis)),
    );
  return convTranspose(dy, w, undefined, {
    group,
    strides,
    dilations,
    pads: [...before, ...after],
    output_padding: rest,
  });
}

/**
 * dW of a convolution: the input shifted by each tap of the kernel, one below the other, times dY
 * in one matrix product. Two to three times faster on a CPU than as a convolution of transposed
 * operands.
 */
function weightGradient(x: Value, w: Value, dy: Value, group: number, window: Window): Value {
  const [outputs, perGroup, ...kernel] = shapeOf(w);
  const channels = perGroup * group;
  if (group === channels && perGroup === 1 && outputs === channels) {
    return depthwiseWeightGradient(x, w, dy, window);
  }
  const taps = kernel.reduce((a, b) => a * b, 1);
  const [rows, columns] = [shiftedInputs(x, dy, window), channelsFirst(dy)]; // [taps*C, P], [O, P]
  if (group === 1) {
    const product = matmul(columns, matrixTranspose(rows)); // [O, taps*C]
    const byTap = reshape(product, [outputs, taps, channels]);
    return reshape(transpose(byTap, [0, 2, 1]), shapeOf(w));
  }
  const positions = shapeOf(columns)[1];
  const grouped = reshape(
    transpose(reshape(rows, [taps, group, perGroup, positions]), [1, 0, 2, 3]),
    [group, taps * perGroup, positions],
  );
  const dyGrouped = reshape(columns, [group, outputs / group, positions]);
  const product = matmul(dyGrouped, matrixTranspose(grouped)); // [G, O/G, taps*C/G]
  const byTap = reshape(product, [outputs, taps, perGroup]);
  return reshape(transpose(byTap, [0, 2, 1]), shapeOf(w));
}

/** [N, C, ...] as [C, N * ...]. */
function channelsFirst(x: Value): Value {
  const rank = shapeOf(x).length;
  const order = [1, 0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2)];
  return flatten(transpose(x, order), 1);
}

/** What each tap of the kernel sees at each output position: [taps * C, N * positions]. */
function shiftedInputs(x: Value, dy: Value, window: Window): Value {
  const rank = shapeOf(x).length;
  const order = [1, 0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2)];
  const padded = padSpatial(transpose(x, order), window); // [C, N, ...]
  return flatten(concat(taps(padded, dy, window), 0), 1);
}

function padSpatial(x: Value, { before, after }: Window): Value {
  const pads: Pads = Object.fromEntries(
    before.map((n, axis) => [axis + 2, [n, after[axis]] as const]),
  );
  return pad(x, pads);
}

/** For each tap, in row-major order, the part of the padded input that it is multiplied with. */
function taps(padded: Value, dy: Value, { kernel, strides, dilations }: Window): Value[] {
  const output = shapeOf(dy).slice(2);
  const count = kernel.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, tap) => {
    let rest = tap;
    const offsets = [...kernel]
      .reverse()
      .map((size) => {
        const offset = rest % size;
        rest = Math.floor(rest / size);
        return offset;
      })
      .reverse();
    return slice(
      padded,
      ...offsets.map((offset, axis) => ({
        axis: axis + 2,
        start: offset * dilations[axis],
        end: offset * dilations[axis] + (output[axis] - 1) * strides[axis] + 1,
        step: strides[axis],
      })),
    );
  });
}

/** Each channel has a kernel of its own: one sum of products for each tap. */
function depthwiseWeightGradient(x: Value, w: Value, dy: Value, window: Window): Value {
  const padded = padSpatial(x, window);
  const axes = shapeOf(x).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const columns = taps(padded, dy, window).map((seen) =>
    unsqueeze(reduceSum(mul(seen, dy), { axes }), [1]),
  );
  return reshape(concat(columns, 1), shapeOf(w));
}
