import { describe, test } from 'vitest';
import { float32, int64, tensor } from '../../tensor/tensor.ts';
import { operators, type OperatorName } from '../operators.ts';
import { conv, convTranspose } from '../ops/conv/ops.ts';
import * as gathers from '../ops/gather/ops.ts';
import { gemm, matmul } from '../ops/matmul/ops.ts';
import { concat, slice, split } from '../ops/movement/join-ops.ts';
import { pad } from '../ops/movement/pad.ts';
import * as repeats from '../ops/movement/repeat-ops.ts';
import * as shapes from '../ops/movement/shape-ops.ts';
import * as norms from '../ops/norm/ops.ts';
import * as pools from '../ops/pool/ops.ts';
import * as reductions from '../ops/reduction/ops.ts';
import { resize } from '../ops/resize/ops.ts';
import { logSoftmax, softmax } from '../ops/softmax/ops.ts';
import { apply, ints, scalar, type Value } from '../value.ts';
import { expectGradients } from '../testing/expect-gradients.ts';
import { positives, waves, type Sample } from '../testing/finite-differences.ts';

type Build = (...inputs: readonly Value[]) => Value | readonly Value[];

const sample = (at: Sample['at'], build: Build): Sample => ({
  at,
  of: (inputs) => {
    const built = build(...inputs);
    return 'producer' in built ? [built] : built;
  },
});
const x = waves([2, 3]);

/** Applies an operator without attributes to all inputs. */
const plain = (name: OperatorName, ...at: Sample['at']): Sample => ({
  at,
  of: (inputs) => apply(operators[name] as typeof operators.Add, inputs, {}),
});
const unary = (name: OperatorName, at = x): readonly Sample[] => [plain(name, at)];
/** Two operands of equal shapes, and two that are broadcast against each other. */
const binary = (name: OperatorName, second = waves): readonly Sample[] => [
  plain(name, x, second([2, 3], 3.1)),
  plain(name, waves([2, 1, 3]), second([2, 1], 3.1)),
];
const logical = (name: OperatorName): readonly Sample[] => [
  sample([x, waves([3], 3.1)], (a, b) => {
    const [y] = apply(
      operators[name] as typeof operators.And,
      [
        apply(operators.Greater, [a, scalar(0)], {})[0],
        apply(operators.Greater, [b, scalar(0)], {})[0],
      ],
      {},
    );
    return y;
  }),
];
const reduction = (
  reduce: (x: Value, options?: reductions.ReduceOptions) => Value,
): readonly Sample[] => [
  sample([waves([2, 3, 2])], (v) => reduce(v, { axes: [1] })),
  sample([waves([2, 3, 2])], (v) => reduce(v, { axes: [0, -1], keepdims: true })),
  sample([x], (v) => reduce(v)),
];
const image = waves([1, 2, 4, 5]);
const indices = int64([2, 2], [2, 0, 1, 2]);
const channels = (seed: number) => waves([2], seed);

/** At least one sample for every operator: one that is forgotten does not compile. */
const samples: Record<OperatorName, readonly Sample[]> = {
  Abs: unary('Abs'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  HardSwish: [
    sample([x], (v) =>
      apply(operators.HardSwish, [apply(operators.Mul, [v, scalar(4)], {})[0]], {}),
    ),
  ],
  Identity: unary('Identity'),
  Log: unary('Log', positives([2, 3])),
  Mish: unary('Mish'),
  Neg: unary('Neg'),
  Not: [sample([x], (v) => apply(operators.Not, apply(operators.Greater, [v, scalar(0)], {}), {}))],
  Reciprocal: unary('Reciprocal', positives([2, 3])),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt', positives([2, 3])),
  Tanh: unary('Tanh'),
  Elu: [sample([x], (v) => apply(operators.Elu, [v], { alpha: 0.7 }))],
  Gelu: [
    sample([x], (v) => apply(operators.Gelu, [v], { approximate: 'none' })),
    sample([x], (v) => apply(operators.Gelu, [v], { approximate: 'tanh' })),
  ],
  HardSigmoid: [sample([x], (v) => apply(operators.HardSigmoid, [v], { alpha: 0.7, beta: 0.4 }))],
  IsNaN: [sample([x], (v) => apply(operators.IsNaN, [v], {}))],
  LeakyRelu: [sample([x], (v) => apply(operators.LeakyRelu, [v], { alpha: 0.2 }))],
  Clip: [
    sample([x], (v) => apply(operators.Clip, [v, scalar(-0.7), scalar(0.9)], {})),
    sample([x], (v) => apply(operators.Clip, [v, undefined, scalar(0.5)], {})),
  ],
  Cast: [
    sample([x], (v) => apply(operators.Cast, apply(operators.Cast, [v], { to: 11 }), { to: 1 })),
  ],
  Add: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('Div', positives),
  Max: binary('Max'),
  Min: binary('Min'),
  Pow: [
    plain('Pow', positives([2, 3]), waves([3])),
    plain('Pow', positives([2, 3]), int64([3], [0, 2, -3])),
  ],
  Mod: [
    sample([x, float32([2, 1], [0.37, -0.29])], (a, b) =>
      apply(operators.Mod, [a, b], { fmod: 1 }),
    ),
  ],
  And: logical('And'),
  Or: logical('Or'),
  Equal: binary('Equal'),
  Greater: binary('Greater'),
  GreaterOrEqual: binary('GreaterOrEqual'),
  Less: binary('Less'),
  LessOrEqual: binary('LessOrEqual'),
  Where: [plain('Where', tensor('bool', [2, 1], Uint8Array.of(1, 0)), x, waves([3], 3.1))],
  MatMul: [
    sample([waves([2, 3]), waves([3, 4], 3.1)], matmul),
    sample([waves([2, 2, 3]), waves([3, 2], 3.1)], matmul),
    sample([waves([2, 1, 2, 3]), waves([2, 3, 2], 3.1)], matmul),
    sample([waves([3]), waves([3, 2], 3.1)], matmul),
    sample([waves([2, 3]), waves([3], 3.1)], matmul),
  ],
  Gemm: [
    sample([waves([2, 3]), waves([3, 4], 3.1), waves([4], 1.7)], (a, b, c) =>
      gemm(a, b, c, { alpha: 0.5, beta: 2 }),
    ),
    sample([waves([3, 2]), waves([4, 3], 3.1), waves([2, 1], 1.7)], (a, b, c) =>
      gemm(a, b, c, { transA: 1, transB: 1 }),
    ),
  ],
  Reshape: [sample([x], (v) => shapes.reshape(v, [3, -1]))],
  Expand: [sample([waves([2, 1])], (v) => shapes.expand(v, [3, 2, 2]))],
  Squeeze: [sample([waves([2, 1, 3])], (v) => shapes.squeeze(v, [1]))],
  Unsqueeze: [sample([x], (v) => shapes.unsqueeze(v, [0, -1]))],
  Transpose: [sample([waves([2, 3, 2])], (v) => shapes.transpose(v, [2, 0, 1]))],
  Concat: [sample([x, waves([2, 2], 3.1)], (a, b) => concat([a, b], 1))],
  Slice: [
    sample([waves([5, 4])], (v) =>
      slice(v, { axis: 0, start: 4, end: 0, step: -2 }, { axis: 1, start: 1, step: 2 }),
    ),
  ],
  Split: [sample([waves([2, 5])], (v) => split(v, [1, 4], 1))],
  Pad: [
    sample([x], (v) => pad(v, { 0: [1, 0], 1: [-1, 2] }, 'constant', 0.5)),
    sample([waves([3, 4])], (v) => pad(v, { 0: [2, 1], 1: [1, 3] }, 'reflect')),
    sample([waves([3, 4])], (v) => pad(v, { 1: [2, 1] }, 'edge')),
    sample([waves([3, 4])], (v) => pad(v, { 0: [1, 2], 1: [2, 0] }, 'wrap')),
  ],
  Tile: [sample([x], (v) => repeats.tile(v, [2, 3]))],
  CumSum: [
    sample([x], (v) => repeats.cumSum(v, 1)),
    sample([x], (v) => repeats.cumSum(v, -2, { reverse: true })),
  ],
  Trilu: [
    sample([waves([3, 3])], (v) => repeats.lowerTriangle(v, -1)),
    sample([waves([3, 3])], (v) => repeats.upperTriangle(v)),
  ],
  DepthToSpace: [
    sample([waves([1, 4, 2, 1])], (v) => repeats.depthToSpace(v, 2)),
    sample([waves([1, 4, 2, 1])], (v) => apply(operators.DepthToSpace, [v], { blocksize: 2 })),
  ],
  SpaceToDepth: [
    sample([waves([1, 2, 2, 4])], (v) => apply(operators.SpaceToDepth, [v], { blocksize: 2 })),
  ],
  ReduceSum: reduction(reductions.reduceSum),
  ReduceMean: reduction(reductions.reduceMean),
  ReduceMax: reduction(reductions.reduceMax),
  ReduceMin: reduction(reductions.reduceMin),
  ReduceProd: reduction(reductions.reduceProd),
  ReduceL2: reduction(reductions.reduceL2),
  ReduceSumSquare: reduction(reductions.reduceSumSquare),
  ReduceLogSumExp: reduction(reductions.reduceLogSumExp),
  ArgMax: [sample([x], (v) => reductions.argMax(v, 1))],
  Softmax: [sample([x], (v) => softmax(v)), sample([x], (v) => softmax(v, 0))],
  LogSoftmax: [sample([x], (v) => logSoftmax(v))],
  Conv: [
    sample([image, waves([3, 2, 3, 2], 3.1), waves([3], 1.7)], (v, w, b) =>
      conv(v, w, b, { stride: [1, 2], padding: [1, 0, 0, 1] }),
    ),
    sample([image, waves([4, 1, 2, 2], 3.1)], (v, w) =>
      conv(v, w, undefined, { groups: 2, dilation: [2, 1], padding: 1 }),
    ),
    sample([image, waves([2, 1, 3, 3], 3.1)], (v, w) =>
      conv(v, w, undefined, { groups: 2, padding: 1, stride: 2 }),
    ),
    sample([image, waves([2, 1, 5, 5], 3.1)], (v, w) =>
      conv(v, w, undefined, { groups: 2, padding: 2, stride: [2, 1] }),
    ),
    sample([image, waves([3, 2, 1, 1], 3.1)], (v, w) => conv(v, w)),
    sample([image, waves([3, 2, 1, 1], 3.1)], (v, w) => conv(v, w, undefined, { stride: 2 })),
    sample([waves([2, 2, 5]), waves([2, 2, 3], 3.1)], (v, w) =>
      conv(v, w, undefined, { padding: 1 }),
    ),
    sample([image, waves([2, 2, 3, 3], 3.1)], (v, w) =>
      apply(operators.Conv, [v, w, undefined], { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
    ),
  ],
  ConvTranspose: [
    sample([waves([1, 2, 3, 2]), waves([2, 3, 3, 3], 3.1), waves([3], 1.7)], (v, w, b) =>
      convTranspose(v, w, b, { stride: 2, padding: 1, outputPadding: 1 }),
    ),
    sample([waves([1, 4, 3, 2]), waves([4, 1, 2, 2], 3.1)], (v, w) =>
      convTranspose(v, w, undefined, { groups: 2, stride: [1, 2] }),
    ),
  ],
  MaxPool: [
    sample([image], (v) => pools.maxPool(v, { kernel: 2 })),
    sample([image], (v) => pools.maxPool(v, { kernel: 3, stride: 2, padding: 1, ceil: true })),
  ],
  AveragePool: [
    sample([image], (v) => pools.averagePool(v, { kernel: 2 })),
    sample([image], (v) =>
      pools.averagePool(v, { kernel: 3, stride: 2, padding: 1, countIncludePad: false }),
    ),
  ],
  GlobalAveragePool: [sample([image], pools.globalAveragePool)],
  LayerNormalization: [
    sample([waves([2, 4]), waves([4], 3.1), waves([4], 1.7)], (v, w, b) =>
      norms.layerNorm(v, w, b),
    ),
    sample([waves([2, 2, 2]), waves([2, 2], 3.1)], (v, w) =>
      norms.layerNorm(v, w, undefined, { axis: 1, epsilon: 0.1 }),
    ),
    // The mean and the inverse of the deviation as well.
    sample([waves([2, 4]), waves([4], 3.1)], (v, w) =>
      apply(operators.LayerNormalization, [v, w, undefined], { axis: -1 }),
    ),
  ],
  BatchNormalization: [
    sample(
      [waves([2, 2, 3]), channels(3.1), channels(1.7), channels(2.2), positives([2])],
      (v, w, b, mean, variance) => norms.batchNorm(v, w, b, { mean, variance }),
    ),
  ],
  InstanceNormalization: [
    sample([waves([2, 2, 3]), channels(3.1), channels(1.7)], (v, w, b) =>
      norms.instanceNorm(v, w, b, 0.01),
    ),
  ],
  Gather: [
    sample([waves([3, 2]), indices], (v, i) => gathers.gather(v, i)),
    sample([waves([2, 3]), indices], (v, i) => gathers.gather(v, i, 1)),
  ],
  GatherElements: [sample([waves([3, 2]), indices], (v, i) => gathers.gatherElements(v, i, 0))],
  ScatterElements: [
    sample([waves([3, 2]), int64([2, 2], [2, 0, 1, 2]), waves([2, 2], 3.1)], (v, i, u) =>
      gathers.scatterElements(v, i, u, 0),
    ),
    sample([waves([2, 3]), indices, waves([2, 2], 3.1)], (v, i, u) =>
      gathers.scatterAdd(v, i, u, 1),
    ),
  ],
  OneHot: [sample([waves([2, 3])], (v) => gathers.oneHot(reductions.argMax(v, 1), 4))],
  TopK: [sample([waves([2, 4])], (v) => gathers.topK(v, 2).values)],
  Resize: [
    sample([image], (v) => resize(v, { size: [8, 10], mode: 'nearest' })),
    sample([image], (v) => resize(v, { size: [3, 7], mode: 'nearest-exact' })),
    sample([image], (v) => resize(v, { size: [7, 3], mode: 'linear' })),
    sample([image], (v) => resize(v, { size: [6, 6], mode: 'linear', alignCorners: true })),
    sample([image], (v) => resize(v, { size: [2, 3], mode: 'linear', antialias: true })),
    sample([image], (v) => resize(v, { scale: [1.5, 2], mode: 'cubic' })),
    // The last of 7 is a copy of the last of 6 if 6 / 1.2 is 5, as it is in single precision.
    sample([waves([1, 1, 2, 6])], (v) => resize(v, { scale: [1, 1.2], mode: 'nearest' })),
    // 4 * 1.2 is 4: that axis is copied where elements are averaged or all axes stay as they are.
    sample([image], (v) => resize(v, { scale: [1.2, 0.7], mode: 'linear', antialias: true })),
    sample([image], (v) => resize(v, { scale: [1.2, 0.7], mode: 'linear' })),
    sample([image], (v) => resize(v, { scale: [1.2, 1.1], mode: 'linear' })),
    ...['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'].map((nearest) =>
      sample([image], (v) =>
        apply(operators.Resize, [v, undefined, undefined, ints([1, 2, 8, 15])], {
          nearest_mode: nearest,
        }),
      ),
    ),
  ],
};

describe('the gradient agrees with finite differences', () => {
  const all = Object.entries(samples).flatMap(([name, list]) =>
    list.map((each, i) => ({ name: list.length === 1 ? name : `${name} (${i})`, each })),
  );
  test.each(all)('$name', async ({ each }) => {
    await expectGradients(each);
  });
});
