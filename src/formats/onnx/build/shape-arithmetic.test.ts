import { describe, expect, it } from 'vitest';
import { float32, int64, type Tensor } from '../../../tensor/tensor.ts';
import { expectSame, waves, type TestFile } from '../testing/onnx-file.ts';

/** Files that compute shapes, or move and repeat what they are given. */
interface Case extends TestFile {
  readonly x?: Tensor;
}

const image = waves([2, 4, 5, 6]);
const axes = (...values: number[]): Tensor => int64([values.length], values);

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
  'Round, Tile, Max and Min of known numbers': {
    nodes: [
      { op: 'Shape', out: ['s'], attributes: { start: 1 } },
      { op: 'Max', in: ['s', 'one', 'two'], out: ['large'] },
      { op: 'Min', in: ['large', 'nine', 'four'], out: ['small'] },
      { op: 'Max', in: ['small'], out: ['same'] },
      { op: 'Cast', in: ['same'], out: ['f'], attributes: { to: 1 } },
      { op: 'Add', in: ['f', 'less'], out: ['near'] },
      { op: 'Round', in: ['near'], out: ['whole'] },
      { op: 'Cast', in: ['whole'], out: ['i'], attributes: { to: 7 } },
      { op: 'Tile', in: ['i', 'two'], out: ['twice'] },
      { op: 'Slice', in: ['twice', 'two', 'four'], out: ['to'] },
      { op: 'Expand', in: ['column', 'to'], out: ['grid'] },
      { op: 'MatMul', in: ['x', 'grid'] },
    ],
    initializers: {
      one: axes(1),
      two: axes(2),
      four: axes(4),
      nine: axes(9),
      less: float32([3], [-0.5, -1.5, -2]),
      column: waves([3, 1]),
    },
  },
  'Slice that ends where the pictures do': {
    nodes: [
      { op: 'Shape', out: ['s'] },
      { op: 'Slice', in: ['x', 'zero', 's', 'both'] },
    ],
    initializers: { zero: axes(0, 0), both: axes(0, 1) },
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
  'Slice backwards from before the first element, of data and of known numbers': {
    nodes: [
      { op: 'Slice', in: ['numbers', 'start', 'end', 'zero', 'step'], out: ['known'] },
      { op: 'Gather', in: ['x', 'known'], out: ['g'], attributes: { axis: 2 } },
      { op: 'Slice', in: ['x', 'start', 'end', 'last', 'step'], out: ['s'] },
      { op: 'Concat', in: ['g', 's'], attributes: { axis: 3 } },
    ],
    initializers: {
      numbers: axes(0, 1, 2, 3, 4),
      start: axes(-9),
      end: axes(-12),
      zero: axes(0),
      last: axes(2),
      step: axes(-1),
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

describe('shapes', () => {
  it.each(Object.entries(shapes))('agree with ONNX Runtime: %s', async (_, { x, ...file }) => {
    await expectSame(file, x ? { x } : undefined);
  });

  it.each(Object.entries(shapes).slice(0, 11))(
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
        'Round',
        'Max',
        'Min',
      ];
      expect(operators.filter((name) => shapeOperators.includes(name))).toEqual([]);
    },
  );
});
