import { describe, expect, it } from 'vitest';
import {
  onnxFile,
  waves,
  type TestFile,
  type TestNode,
} from '../../../formats/onnx/testing/onnx-file.ts';
import { input } from '../../../graph/value.ts';
import { Session } from '../../../runtime/session.ts';
import { int64, toNumbers, type Tensor } from '../../../tensor/tensor.ts';
import { Scope } from '../../scope.ts';
import { networkFrom } from '../networks.ts';
import { withLabels } from '../registry.ts';
import { logitsOf, opened } from './testing/opened.ts';

interface End {
  /** From "a", [B, 4, 8, 8], to the logits "l" and the output "y". */
  readonly nodes: readonly TestNode[];
  readonly initializers: Readonly<Record<string, Tensor>>;
  /** Where the file itself has the logits. Default: "l". */
  readonly logits?: string;
  /** For one picture. */
  readonly shape: readonly number[];
  readonly task?: 'multi-label' | 'segmentation';
  /** The shapes of weight and bias for nine classes; absent where there is no last layer. */
  readonly head?: Readonly<Record<string, readonly number[]>>;
}

const conv = (from: string, to: string, side: number): TestNode => ({
  op: 'Conv',
  in: [from, 'w', 'b'],
  out: [to],
  attributes: { pads: Array<number>(4).fill((side - 1) / 2) },
});
const convWeights = (side: number) => ({ w: waves([5, 4, side, side], 3), b: waves([5], 5) });
const pooled: readonly TestNode[] = [
  { op: 'GlobalAveragePool', in: ['a'], out: ['p'] },
  { op: 'Flatten', in: ['p'], out: ['f'] },
];
const gemm = (weight: string, to: string): TestNode => ({
  op: 'Gemm',
  in: ['f', weight, 'b'],
  out: [to],
  attributes: { transB: 1 },
});
const linear = { w: waves([5, 4], 3), b: waves([5], 5) };

const ends: Readonly<Record<string, End>> = {
  'a sigmoid': {
    nodes: [...pooled, gemm('w', 'l'), { op: 'Sigmoid', in: ['l'] }],
    initializers: linear,
    shape: [1, 5],
    task: 'multi-label',
    head: { w: [9, 4], b: [9] },
  },
  'a convolution of 3 x 3': {
    nodes: [conv('a', 'l', 3), { op: 'Identity', in: ['l'] }],
    initializers: convWeights(3),
    shape: [1, 5, 8, 8],
    task: 'segmentation',
    head: { w: [9, 4, 3, 3], b: [9] },
  },
  'a convolution, a ReLU and a pooling': {
    nodes: [
      conv('a', 'c', 1),
      { op: 'Relu', in: ['c'], out: ['r'] },
      { op: 'GlobalAveragePool', in: ['r'], out: ['l'] },
      { op: 'Flatten', in: ['l'], out: ['z'] },
      { op: 'Softmax', in: ['z'] },
    ],
    initializers: convWeights(1),
    shape: [1, 5],
    head: { w: [9, 4, 1, 1], b: [9] },
  },
  'maps with their classes last': {
    nodes: [
      conv('a', 'l', 1),
      { op: 'Transpose', in: ['l'], out: ['t'], attributes: { perm: [0, 2, 3, 1] } },
      { op: 'Softmax', in: ['t'], attributes: { axis: -1 } },
    ],
    initializers: convWeights(1),
    shape: [1, 5, 8, 8],
    task: 'segmentation',
    head: { w: [9, 4, 1, 1], b: [9] },
  },
  'the mean of two layers': {
    nodes: [
      ...pooled,
      gemm('w', 'one'),
      gemm('w2', 'two'),
      { op: 'Add', in: ['one', 'two'], out: ['l'] },
      { op: 'Softmax', in: ['l'] },
    ],
    initializers: { ...linear, w2: waves([5, 4], 9) },
    shape: [1, 5],
  },
  'a layer for each place, made a map': {
    nodes: [
      { op: 'Transpose', in: ['a'], out: ['t'], attributes: { perm: [0, 2, 3, 1] } },
      { op: 'MatMul', in: ['t', 'm'], out: ['p'] },
      { op: 'Transpose', in: ['p'], attributes: { perm: [0, 3, 1, 2] } },
    ],
    initializers: { m: waves([4, 5], 3) },
    logits: 'y',
    shape: [1, 5, 8, 8],
    task: 'segmentation',
  },
};

const fileOf = ({ nodes, initializers, logits = 'l' }: End, output = 'y'): TestFile => ({
  nodes: [{ op: 'Conv', in: ['x', 'stem'], out: ['a'] }, ...nodes],
  initializers: { stem: waves([4, 3, 1, 1]), ...initializers },
  inputs: { x: ['float32', ['batch', 3, 8, 8]] },
  outputs: [output === 'y' ? 'y' : logits],
});

const x = waves([1, 3, 8, 8], 7);

describe.each(Object.entries(ends))('a network that ends in %s', (_, end) => {
  const file = opened(onnxFile(fileOf(end)));

  it('gives its logits', async () => {
    const session = await Session.load(onnxFile(fileOf(end, 'logits')));
    const wanted = toNumbers((await session.run({ x }))[end.logits ?? 'l']);
    await session.dispose();
    const logits = await logitsOf(file, x);
    expect(logits.shape).toEqual(end.shape);
    expect(wanted.some((value) => Math.abs(value) > 1)).toBe(true);
    toNumbers(logits).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
  });

  it('says what it is for', () => {
    expect(file.config['problem_type']).toBe(
      end.task === 'multi-label' ? 'multi_label_classification' : undefined,
    );
    expect(file.config['architectures']).toEqual(
      end.task === 'segmentation' ? ['OnnxForSemanticSegmentation'] : undefined,
    );
  });

  it('takes other classes where one layer makes them', () => {
    const nine = withLabels(
      file.config,
      Array.from({ length: 9 }, (_value, i) => `class ${i}`),
    );
    if (!end.head) {
      expect(networkFrom(file.config, 'm.onnx').fixedHead).toBe(
        'the output "y" does not come from one layer of weights that other classes could replace',
      );
      expect(() => networkFrom(nine, 'm.onnx')).toThrow('that other classes could replace');
      return;
    }
    const network = networkFrom(nine, 'm.onnx');
    expect(network.fixedHead).toBeUndefined();
    const scope = Scope.root();
    const { logits } = network.build(scope, input('x', 'float32', [2, 3, 8, 8]));
    expect(logits.shape).toEqual([2, 9, ...end.shape.slice(2)]);
    for (const [name, shape] of Object.entries(end.head)) {
      expect([name, network.isHead(name)]).toEqual([name, true]);
      expect(scope.declared.parameters.get(name)?.shape).toEqual(shape);
    }
  });
});

it.each([
  [['f', 'l'], 5],
  [['l', 'f'], 5],
  [['l', 'y'], 5],
])('of the outputs %j the one with a last layer answers', (outputs, classes) => {
  const nodes = [...pooled, gemm('w', 'l'), { op: 'Softmax', in: ['l'] }];
  const file = fileOf({ nodes, initializers: linear, shape: [1, 5] });
  const { config } = opened(onnxFile({ ...file, outputs }));
  expect(networkFrom(config, 'm.onnx').labels).toHaveLength(classes);
  expect(networkFrom(config, 'm.onnx').isHead('w')).toBe(true);
});

it('refuses an output that is no vector and no map of classes', () => {
  const end: End = {
    nodes: [
      { op: 'Relu', in: ['a'], out: ['r'] },
      { op: 'Reshape', in: ['r', 'rows'] },
    ],
    initializers: { rows: int64([3], [0, 4, 64]) },
    shape: [],
  };
  expect(() => opened(onnxFile(fileOf(end)))).toThrow(
    'm.onnx: its output is [1, 4, 64] for one picture (valid: [1, classes], [1, classes, height, width])',
  );
});
