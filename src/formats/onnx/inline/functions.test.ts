import { expect, it } from 'vitest';
import { float32, tensor } from '../../../tensor/tensor.ts';
import { parseOnnx } from '../decode.ts';
import {
  expectSame,
  onnxFile,
  waves,
  type TestFile,
  type TestFunction,
} from '../testing/onnx-file.ts';

const parse = (file: TestFile) => parseOnnx(onnxFile(file), 'm.onnx');

const affine: TestFunction = {
  name: 'Affine',
  inputs: ['a', 'w', 'b'],
  outputs: ['r'],
  nodes: [
    { op: 'MatMul', in: ['a', 'w'], out: ['p'] },
    { op: 'Add', in: ['p', 'b'], out: ['r'] },
  ],
};
const leaky: TestFunction = {
  name: 'Leaky',
  inputs: ['a'],
  outputs: ['r'],
  defaults: { slope: { float: 0.3 } },
  nodes: [{ op: 'LeakyRelu', in: ['a'], out: ['r'], attributes: { alpha: { refersTo: 'slope' } } }],
};
const call = (op: string, ins: string[], out: string, attributes = {}) => ({
  op,
  domain: 'own',
  in: ins,
  out: [out],
  attributes,
});

it('computes what calls of functions do, each with weights and attributes of its own', async () => {
  const block: TestFunction = {
    name: 'Block',
    inputs: ['a', 'w', 'b'],
    outputs: ['r'],
    nodes: [call('Affine', ['a', 'w', 'b'], 'p'), call('Leaky', ['p'], 'r')],
  };
  const operators = await expectSame({
    nodes: [
      call('Block', ['x', 'w1', 'b1'], 'p'),
      call('Block', ['p', 'w2', 'b2'], 'q'),
      call('Leaky', ['q'], 'y', { slope: 0.25 }),
    ],
    functions: [affine, leaky, block],
    initializers: {
      w1: waves([3, 4], 1),
      b1: waves([4], 2),
      w2: waves([4, 3], 3),
      b2: waves([3], 4),
    },
  });
  expect(operators.filter((name) => name === 'LeakyRelu')).toHaveLength(3);
});

it('leaves out optional inputs and attributes that a call does not give', async () => {
  const clip: TestFunction = {
    name: 'Limit',
    inputs: ['a', 'low', 'high'],
    outputs: ['r'],
    nodes: [
      { op: 'Clip', in: ['a', 'low', 'high'], out: ['c'] },
      { op: 'Elu', in: ['c'], out: ['r'], attributes: { alpha: { refersTo: 'nothing' } } },
    ],
  };
  await expectSame({
    nodes: [call('Limit', ['x', '', 'one'], 'p'), call('Limit', ['p'], 'y')],
    functions: [clip],
    initializers: { one: float32([], [1]) },
  });
});

it('gives what is in between names that the file does not have', () => {
  const model = parse({
    nodes: [call('Affine', ['x', 'w', 'w'], 'inlined.0/p'), { op: 'Relu', in: ['inlined.0/p'] }],
    functions: [affine],
    initializers: { w: waves([3, 3]) },
  });
  expect(model.nodes.map(({ operator, outputs }) => [operator, ...outputs])).toEqual([
    ['MatMul', "inlined.0/p'"],
    ['Add', 'inlined.0/p'],
    ['Relu', 'y'],
  ]);
});

it('passes on inputs that are outputs', () => {
  const both: TestFunction = {
    name: 'Both',
    inputs: ['a'],
    outputs: ['r', 'a'],
    nodes: [{ op: 'Neg', in: ['a'], out: ['r'] }],
  };
  const file = { nodes: [{ ...call('Both', ['x'], 'y'), out: ['y', 'same'] }], functions: [both] };
  expect(parse({ ...file, outputs: ['y', 'same'] }).nodes).toMatchObject([
    { operator: 'Neg', inputs: ['x'], outputs: ['y'] },
    { operator: 'Identity', inputs: ['x'], outputs: ['same'] },
  ]);
  const three = { ...call('Both', ['x'], 'y'), out: ['y', 'same', 'more'] };
  expect(() => parse({ nodes: [three], functions: [both] })).toThrow(
    'm.onnx: the function Both has 2 outputs, not 3',
  );
});

it('finds the functions that branches call', async () => {
  await expectSame({
    nodes: [
      {
        op: 'If',
        in: ['yes'],
        attributes: {
          then_branch: { branch: [call('Leaky', ['x'], 'then')], outputs: ['then'] },
          else_branch: { branch: [{ op: 'Neg', out: ['else'] }], outputs: ['else'] },
        },
      },
    ],
    functions: [leaky],
    initializers: { yes: tensor('bool', [1], Uint8Array.of(1)) },
  });
});

it('refuses functions without an end, and those of another opset', () => {
  const once: TestFunction = { ...leaky, name: 'Once', nodes: [call('Twice', ['a'], 'r')] };
  const twice: TestFunction = { ...leaky, name: 'Twice', nodes: [call('Once', ['a'], 'r')] };
  const nodes = [call('Once', ['x'], 'y')];
  expect(() => parse({ nodes, functions: [once, twice] })).toThrow(
    'm.onnx: the function Once calls itself',
  );
  const doubling = Array.from({ length: 40 }, (_, i): TestFunction => {
    const next = `F${i + 1}`;
    return { ...leaky, name: `F${i}`, nodes: [call(next, ['a'], 'p'), call(next, ['p'], 'r')] };
  });
  expect(() => parse({ nodes: [call('F0', ['x'], 'y')], functions: doubling })).toThrow(
    'm.onnx: its functions have more than 131072 nodes',
  );
  expect(() =>
    parse({ nodes: [call('Leaky', ['x'], 'y')], functions: [{ ...leaky, opset: 12 }] }),
  ).toThrow('m.onnx: the function Leaky is of opset 12, the model of 17');
});
