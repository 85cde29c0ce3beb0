import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelLockError } from '../../base/error.ts';
import { float32, int64, type Tensor } from '../../tensor/tensor.ts';
import { openArchitecture } from './architecture.ts';
import { withFreeBatch } from './free-batch.ts';
import { endsOf } from './head.ts';
import { parseOnnx } from './decode.ts';
import { built, onnxFile, waves, type TestFile, type TestNode } from './testing/onnx-file.ts';

const parse = (file: TestFile) => parseOnnx(onnxFile(file), 'm.onnx');
const relu = { op: 'Relu', name: 'act' };

describe('parseOnnx', () => {
  it('says what a file has: inputs without initialisers, outputs, nodes, constants', () => {
    const model = parse({
      opset: 13,
      nodes: [
        { op: 'Constant', in: [], out: ['c'], attributes: { value: float32([3], [1, 2, 3]) } },
        { op: 'Add', in: ['x', 'c'] },
      ],
      inputs: { x: ['float32', ['batch', 3]], w: ['float32', [3]] },
      initializers: { w: float32([3], [0, 0, 0]) },
    });
    expect(model).toMatchObject({ opset: 13, outputs: ['y'] });
    expect([...model.inputs]).toEqual([['x', { dtype: 'float32', shape: ['batch', 3] }]]);
    expect(model.nodes.map(({ operator }) => operator)).toEqual(['Add']);
    expect([...model.initializers.keys()]).toEqual(['w', 'c']);
    expect([...model.inNodes]).toEqual(['c']);
  });

  it('gives free axes names of their own', () => {
    const model = parse({ nodes: [relu], inputs: { x: ['float32', ['', -1, 0, '4*n']] } });
    expect(model.inputs.get('x')?.shape).toEqual(['x.0', 'x.1', 'x.2', '4xn']);
  });

  it.each([10, 23])('refuses opset %i and says which are valid', (opset) => {
    expect(() => parse({ opset, nodes: [relu] })).toThrow(
      `m.onnx is of opset ${opset} (valid: 11 to 22)`,
    );
  });

  it('names all operators that are missing, each with a node', () => {
    const nodes = [
      { op: 'NonZero', name: 'find', out: ['a'] },
      { op: 'FusedThing', name: 'fused', domain: 'com.microsoft', in: ['a'], out: ['b'] },
      { op: 'constructor', in: ['b'], out: ['c'] },
      { op: 'NonZero', in: ['c'] },
    ];
    expect(() => parse({ nodes })).toThrow(
      'm.onnx has operators that are not supported: NonZero (node "find"), ' +
        'com.microsoft.FusedThing (node "fused"), constructor (node 2)',
    );
  });

  it.each([
    'QLinearConv',
    'DequantizeLinear',
    'MatMulInteger',
    'DynamicQuantizeLinear',
    'DynamicQuantizeLSTM',
    'GatherBlockQuantized',
    'MatMulNBits',
  ])('refuses quantised models: %s', (op) => {
    for (const domain of ['', 'com.microsoft']) {
      expect(() => parse({ nodes: [{ op, name: 'q', domain }] })).toThrow(
        `m.onnx is a quantised model (${op} of node "q"): its rounded weights cannot learn`,
      );
    }
  });

  it('takes no other operator for a quantised one', () => {
    expect(() => parse({ nodes: [{ op: 'QuickGelu', domain: 'com.microsoft' }] })).toThrow(
      'has operators that are not supported: com.microsoft.QuickGelu',
    );
  });

  it('refuses what is no model', () => {
    expect(() => parseOnnx(new Uint8Array(0), 'm.onnx')).toThrow('m.onnx is no ONNX model');
    expect(() => parseOnnx(new TextEncoder().encode('<html></html>'), 'm.onnx')).toThrow(
      'm.onnx is no ONNX model',
    );
  });

  it('refuses every beginning of a file, and never with another error', () => {
    const whole = onnxFile({ nodes: [relu], initializers: { w: float32([2], [1, 2]) } });
    for (let length = 0; length < whole.length; length++) {
      const part = whole.subarray(0, length);
      expect(() => parseOnnx(part, 'm.onnx'), `${length} bytes`).toThrow(
        expect.objectContaining({
          name: 'ModelLockError',
          message: expect.stringContaining('m.onnx') as string,
        }) as Error,
      );
    }
  });

  it('refuses names that are given twice and outputs that nothing gives', () => {
    const w = { name: 'w', dataType: 1, dims: [1n], floatData: [1] };
    expect(() => parse({ nodes: [relu], protos: [w, w] })).toThrow(
      'm.onnx: two initialisers are called "w"',
    );
    expect(() => parse({ nodes: [relu], outputs: ['z'] })).toThrow(
      'm.onnx: nothing gives the output "z"',
    );
    expect(() => parse({ nodes: [{ ...relu, in: ['nothing'] }] })).toThrow(
      'm.onnx: node "act" (Relu) takes "nothing", which nothing gives',
    );
  });
});

describe('hostile graphs', () => {
  const build = (file: TestFile): unknown => {
    const network = openArchitecture(onnxFile(file), 'm.onnx');
    return built(network, { x: ['float32', [2, 3]] });
  };

  it('are refused with the file and the node', () => {
    expect(() => build({ nodes: [{ op: 'Add', name: 'sum', in: ['x'] }] })).toThrow(
      /^m\.onnx: node "sum" \(Add\): .*input 1 is missing/,
    );
    const zero = { zero: int64([1], [0]) };
    expect(() => build({ nodes: [{ op: 'Add', in: ['zero'] }], initializers: zero })).toThrow(
      'm.onnx: node 0 (Add): input 1 is missing',
    );
    const division = [{ op: 'Div', in: ['zero', 'zero'] }];
    expect(() => build({ nodes: division, initializers: zero })).toThrow(
      'm.onnx: node 0 (Div): an integer comes out as NaN',
    );
    const initializers = { w: float32([4, 5], new Float32Array(20)) };
    expect(() => build({ nodes: [{ op: 'MatMul', in: ['x', 'w'] }], initializers })).toThrow(
      'm.onnx: node 0 (MatMul): MatMul: [2, 3] times [4, 5]',
    );
    expect(() => build({ nodes: [{ op: 'Relu', attributes: { alpha: 3 } }] })).toThrow(
      'm.onnx: node 0 (Relu): attribute "alpha" is not known',
    );
    expect(() => build({ nodes: [{ op: 'Softmax', attributes: { axis: 'last' } }] })).toThrow(
      'attribute "axis" is of kind string, not int',
    );
    expect(() => build({ nodes: [{ op: 'Reshape', in: ['x', 'x'] }] })).toThrow(
      'm.onnx: node 0 (Reshape): the shape is computed from the data',
    );
  });

  it('with any bytes changed are built or refused, and never end otherwise', () => {
    const nodes: readonly TestNode[] = [
      { op: 'Shape', out: ['s'] },
      { op: 'Gather', in: ['s', 'first'], out: ['rows'] },
      { op: 'Unsqueeze', in: ['rows', 'front'], out: ['row'] },
      { op: 'Concat', in: ['row', 'axis'], out: ['to'], attributes: { axis: 0 } },
      { op: 'Conv', in: ['image', 'w'], out: ['c'], attributes: { pads: [1, 1, 1, 1] } },
      { op: 'Expand', in: ['one', 'to'], out: ['e'] },
      { op: 'Sub', in: ['x', 'e'], out: ['y'] },
      { op: 'ReduceMean', in: ['c'], out: ['z'], attributes: { axes: [2, 3] } },
      { op: 'Transpose', in: ['grid'], out: ['turned'], attributes: { perm: [1, 0] } },
      { op: 'Split', in: ['turned', 'sizes'], out: ['left', 'right'], attributes: { axis: 1 } },
      { op: 'Reshape', in: ['left', 'line'], out: ['lengths'] },
      { op: 'ConstantOfShape', in: ['lengths'], out: ['blank'] },
      { op: 'Tile', in: ['blank', 'lengths'], out: ['tiled'] },
      { op: 'Pad', in: ['tiled', 'pads'], out: ['padded'] },
      { op: 'TopK', in: ['padded', 'axis'], out: ['u', 'places'] },
      { op: 'Max', in: ['right', 'grid'], out: ['v'] },
      { op: 'Equal', in: ['line', 'front'], out: ['test'] },
      {
        op: 'If',
        in: ['test'],
        out: ['taken'],
        attributes: {
          then_branch: { branch: [{ op: 'Neg', in: ['v'], out: ['t'] }], outputs: ['t'] },
          else_branch: {
            branch: [{ op: 'Negative', domain: 'own', in: ['v'], out: ['e'] }],
            outputs: ['e'],
          },
        },
      },
      { op: 'ScatterND', in: ['u', 'corner', 'first'], out: ['written'] },
    ];
    const bytes = onnxFile({
      nodes,
      functions: [
        {
          name: 'Negative',
          inputs: ['a'],
          outputs: ['r'],
          nodes: [{ op: 'Neg', in: ['a'], out: ['r'] }],
        },
      ],
      outputs: ['y', 'z', 'u', 'v', 'taken', 'written'],
      inputs: { x: ['float32', ['batch', 1]], image: ['float32', [1, 3, 8, 8]] },
      initializers: {
        first: int64([], [0]),
        front: int64([1], [0]),
        axis: int64([1], [1]),
        one: float32([1, 1], [1]),
        grid: int64([2, 2], [1, 2, 3, 4]),
        sizes: int64([2], [1, 1]),
        corner: int64([2], [1, 0]),
        line: int64([1], [-1]),
        pads: int64([4], [0, 1, 1, 0]),
        w: waves([2, 3, 3, 3]),
      },
    });
    const buildAll = (file: Uint8Array): void => {
      const network = openArchitecture(file, 'm.onnx');
      endsOf(network, network.model.outputs[0]);
      if (network.model.inputs.size === 1) {
        withFreeBatch({ network, architecture: file }, [3, 8, 8]);
      }
      const types = [...network.model.inputs].map(
        ([name, { dtype, shape }]) => [name, [dtype, shape]] as const,
      );
      built(network, Object.fromEntries(types));
    };
    buildAll(bytes);
    const change = fc.record({
      at: fc.nat(bytes.length - 1),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 127, 128, 255)),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const broken = bytes.slice();
        for (const { at, byte } of changes) broken[at] = byte;
        try {
          buildAll(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(ModelLockError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  const numbers = (...values: number[]) => int64([values.length], values);
  const hostile: readonly (readonly [string, TestNode, Readonly<Record<string, Tensor>>])[] = [
    ['a shape of length -1', { op: 'ConstantOfShape', in: ['a'] }, { a: numbers(-1) }],
    ['a shape of length -1 twice', { op: 'ConstantOfShape', in: ['a'] }, { a: numbers(-1, -1) }],
    [
      'a constant of no value',
      { op: 'ConstantOfShape', in: ['a'], attributes: { value: float32([0], []) } },
      { a: numbers(2) },
    ],
    [
      'sizes beyond the length',
      { op: 'Split', in: ['a', 'b'], out: ['y', 'z'] },
      { a: numbers(1, 2, 3), b: numbers(2, 5) },
    ],
    [
      'sizes of data beyond the length',
      { op: 'Split', in: ['x', 'b'], out: ['y', 'z'] },
      { b: numbers(3, -1) },
    ],
    [
      'an axis that stands for two',
      { op: 'Transpose', in: ['a'], attributes: { perm: [0, 0] } },
      { a: int64([2, 1], [1, 2]) },
    ],
    ['too few pads', { op: 'Pad', in: ['x', 'a', '', 'b'] }, { a: numbers(1), b: numbers(0, 1) }],
    ['a sum of nothing', { op: 'Sum', in: [] }, {}],
    ['a mean of nothing', { op: 'Mean', in: [] }, {}],
    ['a shape below -1', { op: 'Reshape', in: ['x', 'a'] }, { a: numbers(-2, -3) }],
    [
      'a known shape below -1',
      { op: 'Reshape', in: ['b', 'a'] },
      { a: numbers(-2), b: numbers(1) },
    ],
    ['-1 repeats', { op: 'Tile', in: ['x', 'a'] }, { a: numbers(1, -1) }],
    ['half a repeat', { op: 'Tile', in: ['x', 'a'] }, { a: float32([2], [1, 0.5]) }],
    ['the largest -5', { op: 'TopK', in: ['x', 'a'], out: ['y', 'z'] }, { a: numbers(-5) }],
    ['a pool of no window', { op: 'MaxPool', in: ['a'] }, { a: waves([1, 1, 4, 4]) }],
    ['tuples of nothing', { op: 'GatherND', in: ['x', 'a'] }, { a: int64([2, 0], []) }],
    [
      'groups of half a channel',
      { op: 'GroupNormalization', in: ['a', 'b', 'b'], attributes: { num_groups: 4 } },
      { a: waves([1, 2, 2]), b: waves([4]) },
    ],
    [
      'more axes than any tensor has',
      { op: 'Reshape', in: ['x', 'a'] },
      { a: numbers(6, ...Array<number>(60_000).fill(1)) },
    ],
  ];

  it.each(hostile)(
    'that ask for %s are refused with the file and the node',
    (_, node, initializers) => {
      expect(() => build({ nodes: [{ name: 'odd', ...node }], initializers, opset: 18 })).toThrow(
        expect.objectContaining({
          name: 'ModelLockError',
          message: expect.stringContaining(`m.onnx: node "odd" (${node.op}): `) as string,
        }) as Error,
      );
    },
  );

  it('of very many nodes in a row are built', () => {
    const count = 20_000;
    const name = (i: number): string => (i === 0 ? 'x' : `t${i}`);
    const nodes = Array.from({ length: count }, (_, i) => ({
      op: ['Reshape', 'Transpose', 'Add', 'Mul'][i % 4],
      in: [name(i), ...(i % 4 === 0 ? ['shape'] : i % 4 === 1 ? [] : ['x'])],
      out: [name(i + 1)],
    }));
    const last = { op: 'Gemm', in: ['x', name(count)], attributes: { transB: 1 } };
    const square = { x: ['float32', [3, 3]] as const };
    const bytes = onnxFile({
      nodes: [...nodes, last],
      initializers: { shape: int64([2], [3, 3]) },
      inputs: square,
    });
    const network = openArchitecture(bytes, 'm.onnx');
    expect(endsOf(network, 'y')).toEqual([{ logits: 'y', isSeveral: false }]);
    expect(built(network, square)['y'].shape).toEqual([3, 3]);
  });

  it('that ask for memory without end are refused before any is taken', () => {
    const initializers = { shape: int64([3], [2 ** 30, 2 ** 20, 2 ** 10]) };
    const nodes = [
      { op: 'ConstantOfShape', in: ['shape'], out: ['big'] },
      { op: 'Add', in: ['x', 'big'] },
    ];
    expect(() => build({ nodes, initializers })).toThrow('is too large');
    const bounds = { from: int64([], [0]), to: int64([], [2 ** 50]), step: int64([], [1]) };
    expect(() =>
      build({ nodes: [{ op: 'Range', in: ['from', 'to', 'step'] }], initializers: bounds }),
    ).toThrow('m.onnx: node 0 (Range)');
    const many = [
      { op: 'ConstantOfShape', in: ['long'], out: ['line'] },
      { op: 'Split', in: ['line'], attributes: { num_outputs: 2 ** 33 } },
    ];
    expect(() => build({ nodes: many, initializers: { long: int64([1], [2 ** 33]) } })).toThrow(
      'm.onnx: node 1 (Split): 8589934592 pieces of 8589934592',
    );
    const unrolled = [
      { op: 'ConstantOfShape', in: ['steps'], out: ['sequence'] },
      { op: 'LSTM', in: ['sequence', 'w', 'r'], attributes: { hidden_size: 1 } },
    ];
    const weights = {
      w: waves([1, 4, 3]),
      r: waves([1, 4, 1]),
      steps: int64([3], [2 ** 31, 1, 3]),
    };
    expect(() => build({ nodes: unrolled, initializers: weights })).toThrow(
      'm.onnx: node 1 (LSTM): a recurrent layer over 2147483648 steps (valid: 1 to 4096)',
    );
    const huge = { name: 'w', dataType: 1, dims: [2n ** 50n], rawData: Uint8Array.of(1, 2, 3, 4) };
    expect(() => build({ nodes: [relu], protos: [huge] })).toThrow(
      'm.onnx: tensor "w" has shape [1125899906842624]',
    );
    const large = { ...huge, dims: [2n ** 35n] };
    expect(() => build({ nodes: [relu], protos: [large] })).toThrow(
      'm.onnx: tensor "w" of shape [34359738368] has 4 bytes, not 137438953472',
    );
    const negative = { ...huge, dims: [-1n] };
    expect(() => build({ nodes: [relu], protos: [negative] })).toThrow('has shape [-1]');
  });
});
