import { expect, it } from 'vitest';
import { float32, int64, tensor } from '../../../tensor/tensor.ts';
import { parseOnnx } from '../decode.ts';
import {
  expectSame,
  onnxFile,
  waves,
  type TestBranch,
  type TestFile,
  type TestNode,
} from '../testing/onnx-file.ts';

const condition = (then: TestBranch, otherwise: TestBranch): TestNode => ({
  op: 'If',
  name: 'choice',
  in: ['test'],
  attributes: { then_branch: then, else_branch: otherwise },
});
const negated: TestBranch = { branch: [{ op: 'Neg', out: ['n'] }], outputs: ['n'] };
/** Gives `test`: whether the second axis of x is as long as `length`. */
const comparison: readonly TestNode[] = [
  { op: 'Shape', in: ['x'], out: ['shape'] },
  { op: 'Gather', in: ['shape', 'one'], out: ['second'], attributes: { axis: 0 } },
  { op: 'Equal', in: ['second', 'length'], out: ['test'] },
];
const lengths = (length: number) => ({ one: int64([], [1]), length: int64([], [length]) });

it.each([3, 4])('takes the branch that shapes decide about (3 is %i)', async (length) => {
  const scaled: TestBranch = {
    branch: [
      { op: 'Mul', in: ['x', 'w'], out: ['m'] },
      { op: 'Abs', in: ['m'], out: ['n'] },
    ],
    initializers: { w: waves([3]) },
    outputs: ['n'],
  };
  const operators = await expectSame({
    nodes: [...comparison, condition(scaled, negated)],
    initializers: lengths(length),
  });
  expect(operators).toEqual(length === 3 ? ['Mul', 'Abs'] : ['Neg']);
});

it('finds branches within branches, and conditions that wait for others', async () => {
  const inner: TestBranch = {
    branch: [{ ...condition(negated, negated), name: '' }],
    outputs: ['y'],
  };
  await expectSame({
    nodes: [
      { op: 'Neg', in: ['p'] },
      { ...condition(inner, inner), name: 'outer', in: ['later'], out: ['p'] },
      {
        ...condition(
          { branch: [{ op: 'Not', in: ['test'], out: ['t'] }], outputs: ['t'] },
          { branch: [{ op: 'Identity', in: ['test'], out: ['e'] }], outputs: ['e'] },
        ),
        out: ['later'],
      },
    ].toReversed(),
    initializers: { test: tensor('bool', [], Uint8Array.of(1)) },
  });
});

it('passes on what a branch does not compute, or gives twice', () => {
  const passing: TestBranch = {
    branch: [{ op: 'Neg', out: ['n'] }],
    initializers: { w: waves([2, 3]) },
    outputs: ['n', 'n', 'x', 'w'],
  };
  const names = ['y', 'again', 'same', 'weights'];
  const file: TestFile = {
    nodes: [{ ...condition(passing, passing), out: names }],
    initializers: { test: tensor('bool', [], Uint8Array.of(0)) },
    outputs: names,
  };
  const { nodes, initializers } = parseOnnx(onnxFile(file), 'm.onnx');
  const [, weights] = initializers.keys();
  expect(nodes.map(({ operator, inputs, outputs }) => [operator, ...inputs, ...outputs])).toEqual([
    ['Neg', 'x', 'y'],
    ['Identity', 'y', 'again'],
    ['Identity', 'x', 'same'],
    ['Identity', weights, 'weights'],
  ]);
});

it('refuses branches that the shapes do not decide about', () => {
  const parse = (nodes: readonly TestNode[], initializers = {}) =>
    parseOnnx(
      onnxFile({ nodes, initializers, inputs: { x: ['float32', ['batch', 'width']] } }),
      'm.onnx',
    );
  const byData = [
    { op: 'ReduceSum', in: ['x'], out: ['sum'], attributes: { keepdims: 0 } },
    { op: 'Greater', in: ['sum', 'zero'], out: ['test'] },
    condition(negated, negated),
  ];
  expect(() => parse(byData, { zero: float32([], [0]) })).toThrow(
    'm.onnx: node "choice" (If): which branch is taken is decided by the data',
  );
  expect(() => parse([...comparison, condition(negated, negated)], lengths(3))).toThrow(
    'm.onnx: node "choice" (If): which branch is taken',
  );
  const known = { test: tensor('bool', [], Uint8Array.of(1)) };
  const none = { ...condition(negated, negated), attributes: { else_branch: negated } };
  expect(() => parse([none], known)).toThrow('m.onnx: node "choice" (If) has no whole then_branch');
  expect(() => parse([{ ...condition(negated, negated), out: ['y', 'z'] }], known)).toThrow(
    'm.onnx: node "choice" (If) has no whole then_branch',
  );
  const circle = [{ ...condition(negated, negated), in: ['y'] }];
  expect(() => parse(circle)).toThrow('operators that are not supported: If (node "choice")');
});
