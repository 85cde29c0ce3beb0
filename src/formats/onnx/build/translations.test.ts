import { describe, expect, it } from 'vitest';
import { gradients } from '../../../graph/autodiff/gradients.ts';
import { mul } from '../../../graph/ops/binary/ops.ts';
import { reduceSum } from '../../../graph/ops/reduction/ops.ts';
import { evaluate } from '../../../graph/testing/evaluate.ts';
import { constant, input } from '../../../graph/value.ts';
import { float32, int64, tensor, toNumbers, type Tensor } from '../../../tensor/tensor.ts';
import { openArchitecture } from '../architecture.ts';
import { built, expectSame, onnxFile, waves, type TestFile } from '../testing/onnx-file.ts';
import { buildOnnx } from './build.ts';

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
  'GatherND by tuples that the data says': {
    nodes: [
      { op: 'ArgMax', in: ['x'], out: ['largest'], attributes: { axis: 1 } },
      { op: 'Concat', in: ['largest', 'largest'], out: ['at'], attributes: { axis: 1 } },
      { op: 'GatherND', in: ['table', 'at'] },
    ],
    initializers: { table: waves([3, 3, 2]) },
  },
  'ScatterND of what is computed': {
    nodes: [
      { op: 'Mul', in: ['x', 'x'], out: ['squares'] },
      { op: 'ReduceMax', in: ['squares'], out: ['most'], attributes: { keepdims: 0 } },
      { op: 'Expand', in: ['most', 'three'], out: ['values'] },
      { op: 'ScatterND', in: ['x', 'at', 'values'] },
    ],
    initializers: { at: int64([3, 2], [1, 2, 0, -1, -2, 0]), three: int64([1], [3]) },
    named: false,
  },
  'ScatterND of rows': {
    nodes: [
      { op: 'Transpose', in: ['x'], out: ['columns'], attributes: { perm: [1, 0] } },
      { op: 'Gather', in: ['columns', 'first'], out: ['rows'] },
      { op: 'ScatterND', in: ['columns', 'at', 'rows'] },
    ],
    initializers: { at: int64([2, 1], [2, -2]), first: int64([2], [0, 1]) },
  },
  'ScatterND that adds': {
    opset: 16,
    nodes: [
      {
        op: 'ScatterND',
        in: ['x', 'at', 'values'],
        attributes: { reduction: 'add' },
      },
    ],
    initializers: { at: int64([2, 1], [1, 1]), values: waves([2, 3]) },
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
  'LpNormalization of zeros': {
    nodes: [
      { op: 'LpNormalization', out: ['y'] },
      { op: 'LpNormalization', out: ['z'], attributes: { p: 1 } },
    ],
    outputs: ['y', 'z'],
    x: float32([2, 3], [0, 0, 0, 1, 0, -2]),
  },
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
  'Einsum with axes that have no letters': {
    nodes: [{ op: 'Einsum', in: ['x', 'w'], attributes: { equation: '...hw,...hv->...wv' } }],
    initializers: { w: waves([1, 4, 5, 3]) },
    x: image,
  },
  'Einsum of no given result': {
    nodes: [
      { op: 'Einsum', in: ['x', 'w'], out: ['a'], attributes: { equation: 'ij,jk' } },
      { op: 'Einsum', in: ['a', 'v'], out: ['y'], attributes: { equation: '...z,za' } },
    ],
    initializers: { w: waves([3, 4]), v: waves([4, 2], 1) },
    outputs: ['a', 'y'],
  },
  'Einsum of axes of length 1': {
    nodes: [{ op: 'Einsum', in: ['x', 'w'], attributes: { equation: 'bchw,bcv->bchv' } }],
    initializers: { w: waves([1, 4, 3]) },
    x: image,
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
  'AveragePool by windows as large as the picture, around each place': {
    nodes: [
      {
        op: 'AveragePool',
        attributes: { kernel_shape: [5, 6], strides: [1, 1], auto_pad: 'SAME_UPPER' },
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
  'Resize by scales of some axes': {
    opset: 18,
    nodes: [
      {
        op: 'Resize',
        in: ['x', '', 'scales'],
        attributes: { mode: 'linear', axes: [-1, 2] },
      },
    ],
    initializers: { scales: float32([2], [1.5, 2]) },
    x: image,
  },
  'Resize to sizes of some axes': {
    opset: 18,
    nodes: [
      { op: 'Resize', in: ['x', '', '', 'sizes'], attributes: { mode: 'linear', axes: [-2, 3] } },
    ],
    initializers: { sizes: axes(7, 9) },
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
  'LSTM with an initial output alone': {
    nodes: [
      {
        op: 'LSTM',
        in: ['x', 'w', 'r', 'b', '', 'h'],
        out: ['y', 'z', 'u'],
        attributes: { hidden_size: 2 },
      },
    ],
    outputs: ['y', 'z', 'u'],
    initializers: weightsOf(4, 1),
    x: sequence,
    named: false,
  },
  'LSTM with an initial cell alone': {
    nodes: [
      {
        op: 'LSTM',
        in: ['x', 'w', 'r', 'b', '', '', 'c'],
        out: ['y', 'z', 'u'],
        attributes: { hidden_size: 2, direction: 'bidirectional' },
      },
    ],
    outputs: ['y', 'z', 'u'],
    initializers: weightsOf(4, 2),
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
  const all = Object.entries({ ...computations, ...recurrences });
  it.each(all)('agrees with ONNX Runtime: %s', async (_, { x, named, ...file }) => {
    await expectSame(file, x ? { x } : undefined, { named: named ?? true });
  });

  it.each([1, 2])('normalises zeros to zeros with finite gradients: p = %i', async (p) => {
    const file = onnxFile({ nodes: [{ op: 'LpNormalization', attributes: { p } }] });
    const x = input('x', 'float32', [2, 3]);
    const inputs = new Map([['x', x]]);
    const y = buildOnnx(openArchitecture(file, 'm.onnx'), { inputs }).get('y')!;
    const [dx] = gradients(reduceSum(mul(y, constant(waves([2, 3])))), [x]);
    const results = await evaluate({ dx }, { x: float32([2, 3], [0, 0, 0, 1, 2, 3]) });
    expect(toNumbers(results['dx']).every(Number.isFinite)).toBe(true);
  });

  it.each(['GatherND', 'ScatterND'])('refuses tuples beyond an axis: %s', (op) => {
    const file = onnxFile({
      nodes: [{ op, name: 'pick', in: ['x', 'at', 'value'].slice(0, op === 'GatherND' ? 2 : 3) }],
      initializers: { at: int64([1, 2], [0, 3]), value: float32([1], [1]) },
    });
    const network = openArchitecture(file, 'm.onnx');
    expect(() => built(network, { x: ['float32', [2, 3]] })).toThrow(
      `m.onnx: node "pick" (${op}): axis 3`,
    );
  });

  it('refuses a recurrent layer of an unknown direction', () => {
    const file = onnxFile({
      nodes: [
        {
          op: 'LSTM',
          name: 'rnn',
          in: ['x', 'w', 'r'],
          attributes: { hidden_size: 2, direction: 'sideways' },
        },
      ],
      initializers: weightsOf(4, 1),
      inputs: { x: ['float32', sequence.shape] },
    });
    const network = openArchitecture(file, 'm.onnx');
    expect(() => built(network, { x: ['float32', sequence.shape] })).toThrow(
      'm.onnx: node "rnn" (LSTM): a recurrent layer of direction "sideways" ' +
        '(valid: forward, reverse, bidirectional)',
    );
  });

  it('takes no window with gaps for one over all places', () => {
    const attributes = { kernel_shape: [3, 3], dilations: [2, 2], strides: [5, 5], ceil_mode: 1 };
    const file = onnxFile({
      opset: 19,
      nodes: [{ op: 'AveragePool', attributes }],
      inputs: { x: ['float32', [1, 1, 3, 3]] },
    });
    const network = openArchitecture(file, 'm.onnx');
    expect(() => built(network, { x: ['float32', [1, 1, 3, 3]] })).toThrow(
      'a kernel that reaches over 5 does not fit into 3',
    );
  });

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
