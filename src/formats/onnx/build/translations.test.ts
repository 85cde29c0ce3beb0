import { describe, expect, it } from 'vitest';
import { float32, int64, tensor, type Tensor } from '../../../tensor/tensor.ts';
import { expectSame, waves, type TestFile } from '../testing/onnx-file.ts';

/** Files of one or a few nodes, by what is special about them. */
interface Case extends TestFile {
  readonly x?: Tensor;
  /** Whether the first axis may be named. Default: true. */
  readonly named?: boolean;
}

const image = waves([2, 4, 5, 6]);
const axes = (...values: number[]): Tensor => int64([values.length], values);
const vector = (seed: number): Tensor => waves([4], seed);
const positive = float32([4], [0.5, 1, 2, 3]);

const shapes: Readonly<Record<string, Case>> = {
  'Reshape by a shape that is computed': {
    nodes: [
      { op: 'Shape', out: ['shape'] },
      { op: 'Gather', in: ['shape', 'first'], out: ['batch'], attributes: { axis: 0 } },
      { op: 'Unsqueeze', in: ['batch', 'zero'], out: ['row'] },
      { op: 'Concat', in: ['row', 'rest'], out: ['to'], attributes: { axis: 0 } },
      { op: 'Reshape', in: ['x', 'to'] },
    ],
    initializers: { first: int64([], [0]), zero: axes(0), rest: axes(3, 1) },
  },
  'Reshape with zeros and -1': {
    nodes: [{ op: 'Reshape', in: ['x', 'to'] }],
    initializers: { to: axes(0, -1, 3) },
    x: image,
  },
  'Expand by a shape with Where, as exporters of PyTorch do it': {
    nodes: [
      { op: 'Shape', out: ['s'], attributes: { start: 0, end: 1 } },
      { op: 'Concat', in: ['s', 'minus'], out: ['wanted'], attributes: { axis: 0 } },
      { op: 'Shape', in: ['wanted'], out: ['rank'] },
      { op: 'ConstantOfShape', in: ['rank'], out: ['ones'], attributes: { value: axes(1) } },
      { op: 'Mul', in: ['ones', 'minusOne'], out: ['negative'] },
      { op: 'Equal', in: ['wanted', 'negative'], out: ['open'] },
      { op: 'Where', in: ['open', 'ones', 'wanted'], out: ['to'] },
      { op: 'Expand', in: ['token', 'to'], out: ['tokens'] },
      { op: 'Concat', in: ['tokens', 'x'], attributes: { axis: 1 } },
    ],
    initializers: { minus: axes(-1), minusOne: int64([], [-1]), token: waves([1, 2]) },
  },
  'Expand of other axes than the one that is known at run time alone': {
    nodes: [
      { op: 'Shape', out: ['s'], attributes: { start: 0, end: 1 } },
      { op: 'Concat', in: ['s', 'rest'], out: ['to'], attributes: { axis: 0 } },
      { op: 'Unsqueeze', in: ['x', 'one'], out: ['apart'] },
      { op: 'Expand', in: ['apart', 'to'] },
    ],
    initializers: { one: axes(1), rest: axes(3, 1) },
  },
  'Tile by as many as there are pictures': {
    nodes: [
      { op: 'Shape', out: ['s'], attributes: { start: 0, end: 1 } },
      { op: 'Concat', in: ['s', 'twice'], out: ['repeats'], attributes: { axis: 0 } },
      { op: 'Tile', in: ['positions', 'repeats'], out: ['tiled'] },
      { op: 'Concat', in: ['tiled', 'x'], attributes: { axis: 1 } },
    ],
    initializers: { twice: axes(2), positions: waves([1, 2]) },
  },
  'Tile by repeats that are one-hot, as exporters repeat along one axis': {
    nodes: [
      { op: 'OneHot', in: ['at', 'rank', 'twice'], out: ['repeats'], attributes: { axis: 0 } },
      { op: 'Reshape', in: ['repeats', 'line'], out: ['flat'] },
      { op: 'Tile', in: ['x', 'flat'] },
    ],
    initializers: { at: axes(-1), rank: int64([], [2]), twice: axes(1, 2), line: axes(-1) },
  },
  'Size, Cast and arithmetic of floats': {
    nodes: [
      { op: 'Shape', out: ['s'] },
      { op: 'Slice', in: ['s', 'one', 'end'], out: ['width'] },
      { op: 'Cast', in: ['width'], out: ['float'], attributes: { to: 1 } },
      { op: 'Sqrt', in: ['float'], out: ['root'] },
      { op: 'Reciprocal', in: ['root'], out: ['scale'] },
      { op: 'Mul', in: ['x', 'scale'] },
    ],
    initializers: { one: axes(1), end: int64([1], [Number.MAX_SAFE_INTEGER]) },
  },
  'Clip of known numbers, on one side or both': {
    nodes: [
      { op: 'Shape', out: ['s'], attributes: { start: 1 } },
      { op: 'Clip', in: ['s', 'five'], out: ['low'] },
      { op: 'Clip', in: ['low', '', 'four'], out: ['high'] },
      { op: 'Clip', in: ['high', 'one', 'two'], out: ['both'] },
      { op: 'Cast', in: ['both'], out: ['f'], attributes: { to: 1 } },
      { op: 'Mul', in: ['x', 'f'] },
    ],
    initializers: {
      one: int64([], [1]),
      two: int64([], [2]),
      four: int64([], [4]),
      five: int64([], [5]),
    },
  },
  'Range, Tile and Transpose of known numbers': {
    nodes: [
      { op: 'Range', in: ['zero', 'three', 'one'], out: ['r'] },
      { op: 'Reshape', in: ['r', 'column'], out: ['c'] },
      { op: 'Transpose', in: ['c'], out: ['row'], attributes: { perm: [1, 0] } },
      { op: 'Cast', in: ['row'], out: ['f'], attributes: { to: 1 } },
      { op: 'Add', in: ['x', 'f'] },
    ],
    initializers: {
      zero: int64([], [0]),
      three: int64([], [3]),
      one: int64([], [1]),
      column: axes(3, 1),
    },
  },
  'Max of three, and Mod, of known numbers': {
    nodes: [
      { op: 'Max', in: ['a', 'b', 'c'], out: ['m'] },
      { op: 'Mod', in: ['b', 'c'], out: ['r'] },
      { op: 'Mod', in: ['b', 'c'], out: ['s'], attributes: { fmod: 1 } },
      { op: 'Cast', in: ['r'], out: ['fr'], attributes: { to: 1 } },
      { op: 'Cast', in: ['s'], out: ['fs'], attributes: { to: 1 } },
      { op: 'Cast', in: ['m'], out: ['fm'], attributes: { to: 1 } },
      { op: 'Sum', in: ['x', 'fm', 'fr', 'fs'] },
    ],
    initializers: { a: axes(1, 2, 3), b: axes(-7, 7, 0), c: axes(4, -2, 9) },
  },
  'ScatterND, Flatten and sums of known numbers': {
    nodes: [
      { op: 'ScatterND', in: ['table', 'places', 'rows'], out: ['t'] },
      { op: 'Flatten', in: ['t'], out: ['f'] },
      { op: 'ReduceSum', in: ['f', 'axis'], out: ['s'], attributes: { keepdims: 0 } },
      { op: 'ReduceMax', in: ['f'], out: ['m'], attributes: { axes: [0] } },
      { op: 'Cast', in: ['m'], out: ['n'], attributes: { to: 1 } },
      { op: 'Gather', in: ['x', 's'], out: ['g'], attributes: { axis: 1 } },
      { op: 'Mul', in: ['g', 'n'] },
    ],
    initializers: {
      table: int64([2, 2], [0, 0, 1, 1]),
      places: int64([1, 1], [-1]),
      rows: int64([1, 2], [1, -2]),
      axis: axes(1),
    },
  },
  'Slice backwards and from the end': {
    nodes: [{ op: 'Slice', in: ['x', 'starts', 'ends', 'axes', 'steps'] }],
    initializers: {
      starts: axes(-1, 1, 0),
      ends: axes(-100, -1, 100000000000),
      axes: axes(3, 2, 0),
      steps: axes(-2, 1, 1),
    },
    x: image,
  },
  'Gather of one and of several indices': {
    nodes: [
      { op: 'Gather', in: ['x', 'one'], out: ['y'], attributes: { axis: 2 } },
      { op: 'Gather', in: ['x', 'some'], out: ['z'], attributes: { axis: -1 } },
      { op: 'Gather', in: ['x', 'table'], out: ['u'], attributes: { axis: 1 } },
    ],
    outputs: ['y', 'z', 'u'],
    initializers: {
      one: int64([], [-2]),
      table: int64([1, 1], [3]),
      some: int64([2, 2], [0, 5, 3, 3]),
    },
    x: image,
  },
  'Flatten from the middle': { nodes: [{ op: 'Flatten', attributes: { axis: 2 } }], x: image },
  'Squeeze and Unsqueeze with attributes': {
    opset: 11,
    nodes: [
      { op: 'Unsqueeze', out: ['u'], attributes: { axes: [0, 3] } },
      { op: 'Squeeze', in: ['u'], attributes: { axes: [3, 0] } },
    ],
  },
  'Squeeze of all axes of length 1': {
    nodes: [
      { op: 'Unsqueeze', in: ['x', 'axes'], out: ['u'] },
      { op: 'Squeeze', in: ['u'] },
    ],
    initializers: { axes: axes(1, -1) },
  },
  'Split by an attribute': {
    opset: 11,
    nodes: [{ op: 'Split', out: ['y', 'z'], attributes: { axis: 1, split: [1, 2] } }],
    outputs: ['y', 'z'],
  },
  'Split into equal parts': {
    opset: 13,
    nodes: [{ op: 'Split', out: ['y', 'z'], attributes: { axis: 1 } }],
    outputs: ['y', 'z'],
    x: image,
  },
  'Split into parts of which the last is shorter': {
    opset: 18,
    nodes: [{ op: 'Split', out: ['y', 'z'], attributes: { axis: 2, num_outputs: 2 } }],
    outputs: ['y', 'z'],
    x: image,
  },
  'Pad of some axes': {
    opset: 18,
    nodes: [{ op: 'Pad', in: ['x', 'pads', 'value', 'axes'] }],
    initializers: { pads: axes(1, 0, 2, 1), value: float32([], [7]), axes: axes(-1, 2) },
    x: image,
  },
  'Pad by nothing, and by reflection': {
    nodes: [
      { op: 'Pad', in: ['x', 'none'], out: ['same'] },
      { op: 'Pad', in: ['same', 'pads'], attributes: { mode: 'reflect' } },
    ],
    initializers: { none: axes(0, 0, 0, 0, 0, 0, 0, 0), pads: axes(0, 0, 2, 1, 0, 0, 1, 2) },
    x: image,
  },
  'Constant nodes of all kinds': {
    nodes: [
      { op: 'Constant', in: [], out: ['a'], attributes: { value_ints: [1, 3] } },
      { op: 'Constant', in: [], out: ['b'], attributes: { value: float32([1, 3], [1, 2, 3]) } },
      { op: 'Constant', in: [], out: ['c'], attributes: { value_float: 0.5 } },
      { op: 'Reshape', in: ['b', 'a'], out: ['d'] },
      { op: 'Add', in: ['x', 'd'], out: ['e'] },
      { op: 'Mul', in: ['e', 'c'] },
    ],
  },
  'Dropout, Identity and CastLike': {
    nodes: [
      { op: 'Dropout', out: ['a'] },
      { op: 'Identity', in: ['a'], out: ['b'] },
      { op: 'CastLike', in: ['b', 'x'] },
    ],
  },
};

const computations: Readonly<Record<string, Case>> = {
  'GatherND by single indices': {
    nodes: [
      { op: 'GatherND', in: ['table', 'at'], out: ['rows'] },
      { op: 'MatMul', in: ['x', 'rows'] },
    ],
    initializers: { table: waves([5, 2]), at: int64([3, 1], [4, -5, 4]) },
  },
  'GatherND by tuples': {
    nodes: [
      { op: 'GatherND', in: ['table', 'at'], out: ['rows'] },
      { op: 'MatMul', in: ['x', 'rows'] },
    ],
    initializers: { table: waves([2, 5, 2]), at: int64([3, 2], [1, 4, 0, -5, -1, 2]) },
  },
  'BatchNormalization before opset 14': {
    opset: 11,
    nodes: [
      { op: 'BatchNormalization', in: ['x', 's', 'b', 'm', 'v'], attributes: { epsilon: 0.1 } },
    ],
    initializers: { s: vector(1), b: vector(2), m: vector(3), v: positive },
    x: image,
  },
  'Kernels that are standardised by batch normalisation': {
    nodes: [
      { op: 'Reshape', in: ['w', 'rows'], out: ['flat'] },
      {
        op: 'BatchNormalization',
        in: ['flat', 's', 'b', 'm', 'v'],
        out: ['even', 'mean', 'variance'],
        attributes: { training_mode: 1 },
      },
      { op: 'Reshape', in: ['even', 'kernels'], out: ['standard'] },
      { op: 'Conv', in: ['x', 'standard'] },
    ],
    initializers: {
      w: waves([8, 4, 3, 3]),
      rows: axes(1, 8, -1),
      kernels: axes(8, 4, 3, 3),
      s: waves([8], 1),
      b: waves([8], 2),
      m: waves([8], 3),
      v: float32([8], [1, 2, 3, 4, 5, 6, 7, 8]),
    },
    x: image,
  },
  'GroupNormalization that scales channels': {
    opset: 21,
    nodes: [{ op: 'GroupNormalization', in: ['x', 's', 'b'], attributes: { num_groups: 2 } }],
    initializers: { s: vector(1), b: vector(2) },
    x: image,
  },
  'LayerNormalization over two axes': {
    nodes: [{ op: 'LayerNormalization', in: ['x', 's'], attributes: { axis: 2 } }],
    initializers: { s: waves([5, 6]) },
    x: image,
  },
  InstanceNormalization: {
    nodes: [{ op: 'InstanceNormalization', in: ['x', 's', 'b'] }],
    initializers: { s: vector(1), b: vector(2) },
    x: image,
  },
  LRN: {
    nodes: [{ op: 'LRN', attributes: { size: 3, alpha: 0.5, bias: 1.5 } }],
    x: image,
  },
  LpNormalization: { nodes: [{ op: 'LpNormalization', attributes: { axis: 1, p: 1 } }] },
  'Softmax over all axes from one on': {
    opset: 11,
    nodes: [{ op: 'Softmax', attributes: { axis: 2 } }],
    x: image,
  },
  'LogSoftmax of an old opset with its default axis': { opset: 12, nodes: [{ op: 'LogSoftmax' }] },
  'Softmax along one axis': {
    opset: 13,
    nodes: [{ op: 'Softmax', attributes: { axis: 1 } }],
    x: image,
  },
  'functions of elements': {
    nodes: [
      { op: 'Selu', out: ['a'] },
      { op: 'Celu', in: ['a'], out: ['b'], attributes: { alpha: 1.5 } },
      { op: 'Softsign', in: ['b'], out: ['c'] },
      { op: 'PRelu', in: ['c', 'slope'], out: ['d'] },
      { op: 'ThresholdedRelu', in: ['d'], out: ['e'], attributes: { alpha: 0.2 } },
      { op: 'HardSigmoid', in: ['e'], out: ['y'] },
    ],
    initializers: { slope: float32([3], [0.1, 0.2, 0.3]) },
  },
  'Clip on one side': {
    nodes: [{ op: 'Clip', in: ['x', '', 'max'] }],
    initializers: { max: float32([], [0.5]) },
  },
  'Max, Min, Sum and Mean of three': {
    nodes: [
      { op: 'Max', in: ['x', 'a', 'b'], out: ['p'] },
      { op: 'Min', in: ['p', 'a', 'b'], out: ['q'] },
      { op: 'Sum', in: ['x', 'q', 'a'], out: ['r'] },
      { op: 'Mean', in: ['r', 'x', 'b'] },
    ],
    initializers: { a: waves([3], 1), b: waves([1, 3], 2) },
  },
  Einsum: {
    nodes: [{ op: 'Einsum', in: ['x', 'w'], attributes: { equation: 'bi, io -> bo' } }],
    initializers: { w: waves([3, 4]) },
  },
  'reductions with axes as attributes': {
    opset: 11,
    nodes: [
      { op: 'ReduceSum', out: ['a'], attributes: { axes: [1], keepdims: 0 } },
      { op: 'ReduceL1', out: ['b'], attributes: { axes: [-1] } },
      { op: 'ReduceMean', in: ['b'], out: ['c'], attributes: { axes: [-2], keepdims: 0 } },
    ],
    outputs: ['a', 'c'],
    x: image,
  },
  'reductions with axes as inputs': {
    opset: 18,
    nodes: [
      { op: 'ReduceMax', in: ['x', 'axes'], out: ['a'], attributes: { keepdims: 0 } },
      { op: 'ReduceLogSumExp', in: ['x', 'axes'], out: ['b'] },
      { op: 'ReduceSum', in: ['b'], out: ['y'], attributes: { noop_with_empty_axes: 1 } },
    ],
    outputs: ['a', 'y'],
    initializers: { axes: axes(2, 3) },
    x: image,
  },
  'AveragePool by a kernel that is larger than the picture': {
    nodes: [
      {
        op: 'AveragePool',
        attributes: { kernel_shape: [9, 9], strides: [9, 9], ceil_mode: 1, count_include_pad: 1 },
      },
    ],
    x: image,
  },
  'GlobalMaxPool and ArgMin': {
    nodes: [
      { op: 'GlobalMaxPool', out: ['y'] },
      { op: 'ArgMin', out: ['z'], attributes: { axis: 1 } },
    ],
    outputs: ['y', 'z'],
    x: image,
  },
  'Resize by scales, with an empty region': {
    opset: 11,
    nodes: [{ op: 'Resize', in: ['x', 'roi', 'scales'], attributes: { mode: 'linear' } }],
    initializers: { roi: float32([0], []), scales: float32([4], [1, 1, 2, 1.5]) },
    x: image,
  },
  'Resize to sizes that are computed': {
    nodes: [
      { op: 'Shape', out: ['s'] },
      { op: 'Slice', in: ['s', 'zero', 'two'], out: ['kept'] },
      { op: 'Concat', in: ['kept', 'size'], out: ['sizes'], attributes: { axis: 0 } },
      {
        op: 'Resize',
        in: ['x', '', '', 'sizes'],
        attributes: {
          mode: 'nearest',
          coordinate_transformation_mode: 'asymmetric',
          nearest_mode: 'floor',
        },
      },
    ],
    initializers: { zero: axes(0), two: axes(2), size: axes(7, 9) },
    x: image,
  },
  'Gemm, Conv and pools as they are': {
    nodes: [
      {
        op: 'Conv',
        in: ['x', 'w', 'b'],
        out: ['c'],
        attributes: { pads: [1, 1, 1, 1], kernel_shape: [3, 3] },
      },
      {
        op: 'MaxPool',
        in: ['c'],
        out: ['p'],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
      { op: 'GlobalAveragePool', in: ['p'], out: ['g'] },
      { op: 'Flatten', in: ['g'], out: ['f'] },
      { op: 'Gemm', in: ['f', 'm', 'n'], attributes: { transB: 1, alpha: 0.5 } },
    ],
    initializers: {
      w: waves([3, 4, 3, 3]),
      b: waves([3], 1),
      m: waves([2, 3], 2),
      n: waves([2], 3),
    },
    x: image,
  },
};

/** Of 3 features and 2 states, over 5 steps, in `count` directions. */
const weightsOf = (gates: number, count: number): Readonly<Record<string, Tensor>> => ({
  w: waves([count, 2 * gates, 3]),
  r: waves([count, 2 * gates, 2], 1),
  b: waves([count, 4 * gates], 2),
  h: waves([count, 4, 2], 3),
  c: waves([count, 4, 2], 4),
});

const sequence = waves([5, 4, 3]);

const recurrences: Readonly<Record<string, Case>> = {
  'LSTM with initial states': {
    nodes: [
      {
        op: 'LSTM',
        in: ['x', 'w', 'r', 'b', '', 'h', 'c'],
        out: ['y', 'z', 'u'],
        attributes: { hidden_size: 2 },
      },
    ],
    outputs: ['y', 'z', 'u'],
    initializers: weightsOf(4, 1),
    x: sequence,
    named: false,
  },
  'LSTM in both directions, without biases': {
    nodes: [
      {
        op: 'LSTM',
        in: ['x', 'w', 'r'],
        out: ['y', 'z'],
        attributes: { hidden_size: 2, direction: 'bidirectional' },
      },
    ],
    outputs: ['y', 'z'],
    initializers: weightsOf(4, 2),
    x: sequence,
    named: false,
  },
  'GRU backwards': {
    nodes: [
      {
        op: 'GRU',
        in: ['x', 'w', 'r', 'b', '', 'h'],
        out: ['y', 'z'],
        attributes: { hidden_size: 2, direction: 'reverse', linear_before_reset: 1 },
      },
    ],
    outputs: ['y', 'z'],
    initializers: weightsOf(3, 1),
    x: sequence,
    named: false,
  },
};

describe('translations', () => {
  const all = Object.entries({ ...shapes, ...computations, ...recurrences });
  it.each(all)('agrees with ONNX Runtime: %s', async (_, { x, named, ...file }) => {
    await expectSame(file, x ? { x } : undefined, { named: named ?? true });
  });

  it.each(Object.entries(shapes).slice(0, 9))(
    'works out shapes before anything runs: %s',
    async (_, { x, ...file }) => {
      const operators = await expectSame(file, x ? { x } : undefined);
      const shapeOperators = [
        'Shape',
        'Where',
        'Equal',
        'Cast',
        'Sqrt',
        'Range',
        'ConstantOfShape',
      ];
      expect(operators.filter((name) => shapeOperators.includes(name))).toEqual([]);
    },
  );

  it('computes in float32 what was exported in half precision', async () => {
    const half = tensor('float16', [3], Uint16Array.of(0x3c00, 0x4000, 0xc000));
    const operators = await expectSame({
      nodes: [
        { op: 'Cast', in: ['half'], out: ['w'], attributes: { to: 1 } },
        { op: 'Mul', in: ['x', 'w'] },
      ],
      initializers: { half },
    });
    expect(operators).toEqual(['Mul']);
  });
});
