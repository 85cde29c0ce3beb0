import { describe, expect, it } from 'vitest';
import { float32, int64, tensor, type Tensor } from '../../../../tensor/tensor.ts';
import { expectSame, waves, type TestFile } from '../../testing/onnx-file.ts';

const number = (value: number): Tensor => float32([], [value]);
const x = waves([2, 5, 4]);

/** What a file comes to, once it has been found to compute the same. */
const operatorsOf = (file: TestFile): Promise<readonly string[]> => expectSame(file, { x });

describe('layer norm', () => {
  const centre = [
    { op: 'ReduceMean', out: ['mean'], attributes: { axes: [-1] } },
    { op: 'Sub', in: ['x', 'mean'], out: ['d'] },
  ];
  const end = [
    { op: 'Mul', in: ['n', 'w'], out: ['scaled'] },
    { op: 'Add', in: ['b', 'scaled'] },
  ];
  const initializers = { w: waves([4], 1), b: waves([4], 2), two: number(2), eps: number(1e-3) };

  it('is found in the form of PyTorch', async () => {
    const nodes = [
      ...centre,
      { op: 'Pow', in: ['d', 'two'], out: ['square'] },
      { op: 'ReduceMean', in: ['square'], out: ['variance'], attributes: { axes: [-1] } },
      { op: 'Add', in: ['variance', 'eps'], out: ['sum'] },
      { op: 'Sqrt', in: ['sum'], out: ['root'] },
      { op: 'Div', in: ['d', 'root'], out: ['n'] },
      ...end,
    ];
    expect(await operatorsOf({ nodes, initializers })).toEqual(['LayerNormalization']);
  });

  it('is found with a product for the square and a reciprocal for the quotient', async () => {
    const nodes = [
      ...centre,
      { op: 'Mul', in: ['d', 'd'], out: ['square'] },
      { op: 'ReduceMean', in: ['square'], out: ['variance'], attributes: { axes: [2] } },
      { op: 'Add', in: ['eps', 'variance'], out: ['sum'] },
      { op: 'Sqrt', in: ['sum'], out: ['root'] },
      { op: 'Reciprocal', in: ['root'], out: ['inverse'] },
      { op: 'Mul', in: ['inverse', 'd'], out: ['n'] },
      ...end,
    ];
    expect(await operatorsOf({ nodes, initializers })).toEqual(['LayerNormalization']);
  });

  it('is not seen where the variance is taken over other axes', async () => {
    const nodes = [
      ...centre,
      { op: 'Pow', in: ['d', 'two'], out: ['square'] },
      { op: 'ReduceMean', in: ['square'], out: ['variance'], attributes: { axes: [1] } },
      { op: 'Add', in: ['variance', 'eps'], out: ['sum'] },
      { op: 'Sqrt', in: ['sum'], out: ['root'] },
      { op: 'Div', in: ['d', 'root'], out: ['n'] },
      ...end,
    ];
    expect(await operatorsOf({ nodes, initializers })).toContain('Div');
  });
});

describe('GELU', () => {
  const initializers = {
    root: number(Math.SQRT2),
    one: number(1),
    half: number(0.5),
    three: number(3),
    cubic: number(0.044715),
    scale: number(Math.sqrt(2 / Math.PI)),
    close: number(1.3),
  };
  const erf = [
    { op: 'Div', in: ['x', 'root'], out: ['z'] },
    { op: 'Erf', in: ['z'], out: ['e'] },
    { op: 'Add', in: ['e', 'one'], out: ['s'] },
  ];

  it.each([
    [
      'x s 0.5',
      [
        ['x', 's', 'p'],
        ['p', 'half', 'y'],
      ],
    ],
    [
      'x (0.5 s)',
      [
        ['half', 's', 'p'],
        ['x', 'p', 'y'],
      ],
    ],
    [
      '(0.5 x) s',
      [
        ['x', 'half', 'p'],
        ['s', 'p', 'y'],
      ],
    ],
  ] as const)('is found as %s', async (_, products) => {
    const nodes = [...erf, ...products.map(([a, b, y]) => ({ op: 'Mul', in: [a, b], out: [y] }))];
    expect(await operatorsOf({ nodes, initializers })).toEqual(['Gelu']);
  });

  it('is found in its approximation by tanh', async () => {
    const nodes = [
      { op: 'Pow', in: ['x', 'three'], out: ['x3'] },
      { op: 'Mul', in: ['cubic', 'x3'], out: ['c'] },
      { op: 'Add', in: ['x', 'c'], out: ['u'] },
      { op: 'Mul', in: ['u', 'scale'], out: ['v'] },
      { op: 'Tanh', in: ['v'], out: ['t'] },
      { op: 'Add', in: ['one', 't'], out: ['s'] },
      { op: 'Mul', in: ['x', 'half'], out: ['h'] },
      { op: 'Mul', in: ['h', 's'] },
    ];
    expect(await operatorsOf({ nodes, initializers })).toEqual(['Gelu']);
  });

  it('is not seen where a number is another', async () => {
    const nodes = [
      { op: 'Div', in: ['x', 'close'], out: ['z'] },
      ...erf.slice(1),
      { op: 'Mul', in: ['x', 's'], out: ['p'] },
      { op: 'Mul', in: ['p', 'half'] },
    ];
    expect(await operatorsOf({ nodes, initializers })).toContain('Erf');
  });
});

describe('hard swish', () => {
  const initializers = { three: number(3), zero: number(0), six: number(6) };
  const clipped = [
    { op: 'Add', in: ['x', 'three'], out: ['a'] },
    { op: 'Clip', in: ['a', 'zero', 'six'], out: ['c'] },
  ];

  it('is found as x clip(x + 3, 0, 6) / 6', async () => {
    const nodes = [
      ...clipped,
      { op: 'Mul', in: ['x', 'c'], out: ['p'] },
      { op: 'Div', in: ['p', 'six'] },
    ];
    expect(await operatorsOf({ nodes, initializers })).toEqual(['HardSwish']);
  });

  it('is found as x times a hard sigmoid of slope 1/6', async () => {
    const nodes = [
      { op: 'HardSigmoid', out: ['h'], attributes: { alpha: 1 / 6, beta: 0.5 } },
      { op: 'Mul', in: ['h', 'x'] },
    ];
    expect(await operatorsOf({ nodes })).toEqual(['HardSwish']);
  });

  it('is not seen in the hard sigmoid of another value', async () => {
    const nodes = [
      { op: 'HardSigmoid', out: ['h'], attributes: { alpha: 1 / 6, beta: 0.5 } },
      { op: 'Neg', out: ['n'] },
      { op: 'Mul', in: ['h', 'n'] },
    ];
    expect(await operatorsOf({ nodes })).toEqual(['HardSigmoid', 'Neg', 'Mul']);
  });
});

describe('zeros around a convolution', () => {
  const image = waves([2, 3, 6, 5]);
  const conv = {
    op: 'Conv',
    in: ['p', 'w'],
    attributes: { strides: [2, 2], pads: [0, 1, 0, 1] },
  };
  const padded = (pads: readonly number[], value = 0): TestFile => ({
    nodes: [{ op: 'Pad', in: ['x', 'pads', 'value'], out: ['p'] }, conv],
    initializers: { pads: int64([8], pads), value: number(value), w: waves([4, 3, 3, 3]) },
  });

  it('become its own padding', async () => {
    const file = padded([0, 0, 0, 1, 0, 0, 1, 0]);
    expect(await expectSame(file, { x: image })).toEqual(['Conv']);
    const valid = { ...conv, attributes: { auto_pad: 'VALID' } };
    const other = { ...file, nodes: [file.nodes[0], valid] };
    expect(await expectSame(other, { x: image })).toEqual(['Conv']);
  });

  it('stay where they are no zeros, cut something off, or are channels', async () => {
    const others = [
      padded([0, 0, 0, 1, 0, 0, 1, 0], 2),
      padded([0, 0, -1, 1, 0, 0, 1, 0]),
      padded([0, 1, 0, 0, 0, -1, 0, 0]),
    ];
    for (const file of others) {
      expect(await expectSame(file, { x: image })).toEqual(['Pad', 'Conv']);
    }
  });
});

describe('strided views of pictures', () => {
  /** x [2, 5, 4] in a line, gathered by what places of a picture there are, and how far apart pictures lie. */
  const viewed = (offsets: Tensor, stride = 20): TestFile => ({
    nodes: [
      { op: 'Reshape', in: ['x', 'line'], out: ['flat'] },
      { op: 'Shape', out: ['s'], attributes: { start: 0, end: 1 } },
      { op: 'Squeeze', in: ['s'], out: ['pictures'] },
      { op: 'Range', in: ['zero', 'pictures', 'one'], out: ['counted'] },
      { op: 'Mul', in: ['counted', 'stride'], out: ['first'] },
      { op: 'Unsqueeze', in: ['first', 'axes'], out: ['column'] },
      { op: 'Add', in: ['column', 'offsets'], out: ['places'] },
      { op: 'Add', in: ['places', 'zero'], out: ['at'] },
      { op: 'Gather', in: ['flat', 'at'] },
    ],
    initializers: {
      line: int64([1], [-1]),
      zero: int64([], [0]),
      one: int64([], [1]),
      stride: int64([], [stride]),
      axes: int64([offsets.shape.length - 1], [1, 2, 3].slice(0, offsets.shape.length - 1)),
      offsets,
    },
  });
  const upTo = (shape: readonly number[]): Tensor =>
    int64(shape, [...Array(shape.reduce((a, b) => a * b)).keys()]);

  it('are shapes where they show all of a picture in order', async () => {
    expect(await operatorsOf(viewed(upTo([1, 20, 1])))).toEqual(['Reshape']);
    expect(await operatorsOf(viewed(upTo([1, 5, 2, 2])))).toEqual(['Reshape']);
  });

  it('are gathered within a picture otherwise', async () => {
    expect(await operatorsOf(viewed(int64([1, 2, 2], [19, 0, 7, 7])))).toContain('Gather');
  });

  it('stay as they are where a picture shows what is of another', async () => {
    for (const file of [viewed(int64([1, 1], [15]), 21), viewed(int64([1, 1], [3]), 19)]) {
      expect(await operatorsOf(file)).toContain('Gather');
    }
  });
});

describe('masks', () => {
  const bool = (...values: number[]): Tensor =>
    tensor('bool', [1, values.length], Uint8Array.from(values));
  const nodes = [
    { op: 'Shape', out: ['shape'] },
    { op: 'Expand', in: ['kept', 'shape'], out: ['wide'] },
    { op: 'Where', in: ['wide', 'zero', 'never'], out: ['mask'] },
    { op: 'Add', in: ['x', 'mask'], out: ['scores'] },
    { op: 'Softmax', in: ['scores'], out: ['p'], attributes: { axis: -1 } },
    { op: 'IsNaN', in: ['p'], out: ['bad'] },
    { op: 'Where', in: ['bad', 'zero', 'p'] },
  ];
  const initializers = { zero: number(0), never: number(-Infinity) };

  it('go where they mask nothing, and with them the guard against rows of nothing', async () => {
    const file = { nodes, initializers: { ...initializers, kept: bool(1, 1, 1, 1) } };
    expect(await operatorsOf(file)).toEqual(['Softmax']);
  });

  it('stay where they mask something', async () => {
    const file = { nodes, initializers: { ...initializers, kept: bool(1, 0, 1, 1) } };
    expect(await operatorsOf(file)).toContain('IsNaN');
  });
});
