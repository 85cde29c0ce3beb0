import { describe, expect, test } from 'vitest';
import { float32, int64 } from '../tensor/tensor.ts';
import { add, less, pow, where } from './ops/binary/ops.ts';
import { conv, convTranspose } from './ops/conv/ops.ts';
import { cast } from './ops/elementwise/ops.ts';
import { gather, oneHot, scatterAdd } from './ops/gather/ops.ts';
import { gemm, matmul } from './ops/matmul/ops.ts';
import { chunk, concat, slice } from './ops/movement/join-ops.ts';
import { pad } from './ops/movement/pad.ts';
import { depthToSpace, tile } from './ops/movement/repeat-ops.ts';
import { expand, reshape, squeeze, transpose, unsqueeze } from './ops/movement/shape-ops.ts';
import { batchNorm, layerNorm } from './ops/norm/ops.ts';
import { averagePool, globalAveragePool, maxPool } from './ops/pool/ops.ts';
import { reduceSum } from './ops/reduction/ops.ts';
import { resize } from './ops/resize/ops.ts';
import { operators } from './operators.ts';
import { apply, constant, input, ints, type Value } from './value.ts';
import type { Shape } from './shape.ts';
import { evaluate } from './testing/evaluate.ts';
import { waves } from './testing/finite-differences.ts';

const of = (...shape: Shape): Value => input('x', 'float32', shape);

test('an operator is registered under its own name', () => {
  const renamed = Object.entries(operators).filter(([name, { name: own }]) => own !== name);
  expect(renamed).toEqual([]);
});

describe('shapes with a named batch', () => {
  const image = of('batch', 4, 9, 7);
  const cases: readonly [string, () => Value, Shape][] = [
    ['matmul', () => matmul(of('batch', 5, 3), of(3, 2)), ['batch', 5, 2]],
    ['reshape', () => reshape(of('batch', 4, 6), ['batch', 2, 12]), ['batch', 2, 12]],
    [
      'reshape, several named in front',
      () => reshape(of('batch', 'tokens', 6), ['batch', 'tokens', 2, 3]),
      ['batch', 'tokens', 2, 3],
    ],
    ['reshape, merging', () => reshape(of('batch', 4, 6), ['4*batch', 6]), ['4*batch', 6]],
    ['transpose', () => transpose(image, [0, 2, 3, 1]), ['batch', 9, 7, 4]],
    [
      'conv',
      () => conv(image, of(8, 2, 3, 3), undefined, { groups: 2, stride: 2, padding: 1 }),
      ['batch', 8, 5, 4],
    ],
    [
      'convTranspose',
      () => convTranspose(image, of(4, 3, 2, 2), undefined, { stride: 2 }),
      ['batch', 3, 18, 14],
    ],
    ['maxPool', () => maxPool(image, { kernel: 2 }), ['batch', 4, 4, 3]],
    ['maxPool, ceil', () => maxPool(image, { kernel: 2, ceil: true }), ['batch', 4, 5, 4]],
    [
      'averagePool',
      () => averagePool(image, { kernel: 3, stride: 1, padding: 1 }),
      ['batch', 4, 9, 7],
    ],
    ['globalAveragePool', () => globalAveragePool(image), ['batch', 4, 1, 1]],
    ['resize', () => resize(image, { size: [3, 5], mode: 'linear' }), ['batch', 4, 3, 5]],
    [
      'resize, scale',
      () => resize(image, { scale: [1.5, 2], mode: 'nearest' }),
      ['batch', 4, 13, 14],
    ],
    ['pad', () => pad(image, { 2: [1, 2], 3: [0, -1] }), ['batch', 4, 12, 6]],
    ['layerNorm', () => layerNorm(of('batch', 5, 6), of(6)), ['batch', 5, 6]],
    ['reduceSum', () => reduceSum(image, { axes: [1, -1], keepdims: true }), ['batch', 1, 9, 1]],
    ['slice', () => slice(image, { axis: 2, start: -1, end: 0, step: -3 }), ['batch', 4, 3, 7]],
    ['tile', () => tile(image, [1, 1, 2, 1]), ['batch', 4, 18, 7]],
    ['gather', () => gather(of(10, 6), input('ids', 'int64', ['batch', 3])), ['batch', 3, 6]],
    ['oneHot', () => oneHot(input('ids', 'int64', ['batch', 3]), 5, 1), ['batch', 5, 3]],
    ['unsqueeze', () => unsqueeze(of('batch', 3), [0, -1]), [1, 'batch', 3, 1]],
  ];
  test.each(cases)('%s', (_, build, shape) => {
    expect(build().shape).toEqual(shape);
  });
});

describe('dtypes that do not agree are reported where they meet', () => {
  const [x, ids] = [of(2, 2), input('ids', 'int64', [2, 2])];
  const cases: readonly [string, () => Value][] = [
    ['Add', () => add(ids, 1)],
    ['Less', () => less(ids, x)],
    ['Where', () => where(less(x, x), ids, x)],
    ['MatMul', () => matmul(ids, x)],
    ['Gemm', () => gemm(ids, ids, x)],
    ['Concat', () => concat([ids, x], 0)],
  ];
  test.each(cases)('%s', (name, build) => {
    expect(build).toThrow(`${name}: dtypes int64 and float32 do not agree`);
  });
});

test('where dtypes may differ, they do', async () => {
  const ids = constant(int64([2], [3, 4]));
  const power = pow(constant(float32([2], [2, 3])), ids);
  const padded = pad(ids, { 0: [1, 0] }, 'constant', 7);
  expect([power.dtype, padded.dtype]).toEqual(['float32', 'int64']);
  const computed = await evaluate({ power, padded });
  expect(computed.power).toEqual(float32([2], [8, 81]));
  expect(computed.padded).toEqual(int64([3], [7, 3, 4]));
});

test('a tensor without elements is reshaped to lengths that are as given, zeros too', async () => {
  const x = constant(float32([5, 0], []));
  const y = reshape(x, [0, 7]);
  expect(y.shape).toEqual([0, 7]);
  expect((await evaluate({ y })).y.shape).toEqual([0, 7]);
  // Without the attribute a zero copies, as in files of others.
  const [copied] = apply(operators.Reshape, [constant(waves([2, 3])), ints([0, 3, 1])], {});
  expect(copied.shape).toEqual([2, 3, 1]);
});

test('the statistics of a layer normalisation in half precision are float32, as ONNX Runtime has them', async () => {
  const x = cast(constant(waves([2, 4])), 'float16');
  const [y, mean] = apply(
    operators.LayerNormalization,
    [x, cast(constant(waves([4])), 'float16')],
    {},
  );
  expect([y.dtype, mean.dtype]).toEqual(['float16', 'float32']);
  const computed = await evaluate({ y, mean });
  expect([computed.y.dtype, computed.mean.dtype]).toEqual(['float16', 'float32']);
});

describe('shapes that do not fit are reported with the operator and the shapes', () => {
  const image = of(2, 4, 9, 7);
  const cases: readonly [string, () => unknown, string][] = [
    ['matmul', () => matmul(of(2, 3), of(4, 5)), 'MatMul: [2, 3] times [4, 5]'],
    ['gemm', () => gemm(of(2, 3), of(3, 4, 5)), 'Gemm: B must have rank 2, got [3, 4, 5]'],
    ['reshape', () => reshape(of(2, 3), [4, 2]), 'Reshape: [2, 3] as [4, 2]'],
    [
      'reshape, merging several named',
      () => reshape(of('batch', 'tokens', 3), [-1, 3]),
      'has two named axes to be merged',
    ],
    ['expand', () => expand(of(2, 3), [4, 2]), 'Expand: shapes [2, 3] and [4, 2] do not broadcast'],
    ['squeeze', () => squeeze(of(2, 3), [1]), 'Squeeze: axes 1 of [2, 3]'],
    ['unsqueeze', () => unsqueeze(of(2), [0, -3]), 'Unsqueeze: axes 0, -3 of a result of rank 3'],
    ['transpose', () => transpose(of(2, 3), [1, 1]), 'Transpose: [1, 1] is no permutation'],
    ['concat', () => concat([of(2, 3), of(3, 3)], 1), 'Concat: [2, 3] and [3, 3]'],
    ['chunk', () => chunk(of(2, 3), 2, 1), '3 does not divide into 2 pieces'],
    [
      'slice',
      () => slice(of('batch', 3), { axis: 0, end: 2 }),
      'Slice: cannot slice the named axis batch',
    ],
    ['pad', () => pad(of('batch', 3), { 0: [1, 0] }), 'Pad: cannot pad the named axis batch'],
    ['tile', () => tile(of(2, 3), [2]), 'Tile: 1 repeats for rank 2'],
    [
      'conv',
      () => conv(image, of(8, 3, 3, 3)),
      'Conv: weight [8, 3, 3, 3] in 1 groups does not fit input [2, 4, 9, 7]',
    ],
    [
      'conv, kernel',
      () => conv(image, of(8, 4, 9, 9)),
      'Conv: a kernel that reaches over 9 does not fit into 7',
    ],
    [
      'conv, rank',
      () => conv(image, of(8, 4, 3)),
      'Conv: the weight must have rank 4, got [8, 4, 3]',
    ],
    ['conv, named', () => conv(of(1, 4, 'h', 7), of(8, 4, 3, 3)), 'Conv: [h, 7] has a named axis'],
    [
      'convTranspose',
      () => convTranspose(image, of(3, 4, 2, 2)),
      'ConvTranspose: weight [3, 4, 2, 2] in 1 groups',
    ],
    ['layerNorm', () => layerNorm(of(2, 6), of(5)), 'LayerNormalization: scale [5] for [2, 6]'],
    [
      'batchNorm',
      () => batchNorm(image, of(3), of(4), { mean: of(4), variance: of(4) }),
      'BatchNormalization: [3] for the channels of [2, 4, 9, 7]',
    ],
    [
      'scatter',
      () => scatterAdd(of(3), input('i', 'int64', [2]), of(3), 0),
      'ScatterElements: indices [2] for updates [3]',
    ],
    ['depthToSpace', () => depthToSpace(of(1, 6, 2, 2), 2), 'DepthToSpace: 6 does not divide by 4'],
    [
      'resize',
      () => resize(of(1, 1, 'h', 2), { size: [2, 2], mode: 'linear' }),
      'Resize: cannot resize the named axis h',
    ],
    ['axis', () => reduceSum(of(2, 3), { axes: [2] }), 'ReduceSum: axis 2 of a tensor of rank 2'],
  ];
  test.each(cases)('%s', (_, build, message) => {
    expect(build).toThrow(message);
  });
});
