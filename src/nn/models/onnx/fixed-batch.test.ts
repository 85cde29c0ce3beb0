import { describe, expect, it } from 'vitest';
import { counterRandom } from '../../../base/random/counter.ts';
import {
  onnxFile,
  waves,
  type TestFile,
  type TestNode,
} from '../../../formats/onnx/testing/onnx-file.ts';
import { encodeOnnx } from '../../../formats/onnx/write.ts';
import { graphOf } from '../../../graph/graph.ts';
import { input } from '../../../graph/value.ts';
import { Session } from '../../../runtime/session.ts';
import { float32, int64, tensor, toNumbers, type Tensor } from '../../../tensor/tensor.ts';
import { initialise, Scope } from '../../scope.ts';
import { tinyClassifiers } from '../../testing/tiny-classifiers.ts';
import { networkFrom } from '../networks.ts';
import { isSegmenter, segmenterConfig } from '../segmenters.ts';
import { logitsOf, opened } from './testing/opened.ts';

/** What the file itself says of pictures, one batch after the other. */
async function wantedOf(bytes: Uint8Array, x: Tensor, batch: number): Promise<number[]> {
  const session = await Session.load(bytes);
  const size = x.data.length / x.shape[0];
  const logits: number[] = [];
  for (let row = 0; row < x.shape[0]; row += batch) {
    const data = (x.data as Float32Array).slice(row * size, (row + batch) * size);
    const { y } = await session.run({ x: tensor('float32', x.shape.with(0, batch), data) });
    logits.push(...toNumbers(y));
  }
  await session.dispose();
  return logits;
}

async function expectRows(bytes: Uint8Array, x: Tensor, batch: number): Promise<void> {
  const wanted = await wantedOf(bytes, x, batch);
  expect(new Set(wanted).size).toBeGreaterThan(x.shape[0]);
  const logits = await logitsOf(opened(bytes), x);
  expect(logits.shape[0]).toBe(x.shape[0]);
  toNumbers(logits).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
}

const tinySegmenters = tinyClassifiers
  .filter(({ model_type: type }) => type === 'resnet' || type === 'segformer')
  .map((config) => segmenterConfig({ ...config, decoder_hidden_size: 4 }, 'config.json'));
const networks = [...tinyClassifiers, ...tinySegmenters].map((config) => ({
  config,
  name: `${String(config['model_type'])}${isSegmenter(config) ? ' of maps' : ''}`,
}));

describe.each([1, 2])('exported for batches of %i', (batch) => {
  it.each(networks)('a $name says the same of each of six', async ({ config }) => {
    const scope = Scope.root();
    const x = input('x', 'float32', [batch, 3, 32, 32]);
    const { logits } = networkFrom(config, 'config.json').build(scope, x);
    const weights = initialise(scope.declared, counterRandom(1));
    const bytes = encodeOnnx(graphOf({ y: logits }), { parameters: weights });
    await expectRows(bytes, waves([6, 3, 32, 32], 3), batch);
  });
});

/** Patches of a picture as tokens [1, 4, 6], and a last layer on features "f". */
const patches: readonly TestNode[] = [
  { op: 'Conv', in: ['x', 'patch'], out: ['p'], attributes: { strides: [4, 4] } },
  { op: 'Reshape', in: ['p', 'rows'], out: ['q'] },
  { op: 'Transpose', in: ['q'], out: ['t'], attributes: { perm: [0, 2, 1] } },
];
const last: TestNode = { op: 'Gemm', in: ['f', 'fc', 'bias'], attributes: { transB: 1 } };
const initializers = {
  patch: waves([6, 3, 4, 4]),
  rows: int64([3], [1, 6, 4]),
  fc: waves([5, 6], 4),
  bias: waves([5], 5),
};
const fileOf = (nodes: readonly TestNode[], more: Readonly<Record<string, Tensor>>): TestFile => ({
  nodes: [...patches, ...nodes, last],
  initializers: { ...initializers, ...more },
  inputs: { x: ['float32', [1, 3, 8, 8]] },
});
const x = waves([3, 3, 8, 8], 1);

it('repeats a class token for each picture', async () => {
  const attention: readonly TestNode[] = [
    { op: 'Concat', in: ['token', 't'], out: ['c'], attributes: { axis: 1 } },
    { op: 'Transpose', in: ['c'], out: ['k'], attributes: { perm: [0, 2, 1] } },
    { op: 'MatMul', in: ['c', 'k'], out: ['s'] },
    { op: 'Softmax', in: ['s'], out: ['a'], attributes: { axis: -1 } },
    { op: 'MatMul', in: ['a', 'c'], out: ['v'] },
    { op: 'Gather', in: ['v', 'first'], out: ['f'], attributes: { axis: 1 } },
  ];
  const more = { token: waves([1, 1, 6], 8), first: int64([], [0]) };
  await expectRows(onnxFile(fileOf(attention, more)), x, 1);
});

it('finds the batch after the tokens, and among the heads', async () => {
  const attention: readonly TestNode[] = [
    { op: 'Transpose', in: ['t'], out: ['c'], attributes: { perm: [1, 0, 2] } },
    { op: 'Reshape', in: ['c', 'heads'], out: ['h'] },
    { op: 'Transpose', in: ['h'], out: ['q2'], attributes: { perm: [1, 0, 2] } },
    { op: 'Transpose', in: ['h'], out: ['k'], attributes: { perm: [1, 2, 0] } },
    { op: 'MatMul', in: ['q2', 'k'], out: ['s'] },
    { op: 'Softmax', in: ['s'], out: ['a'], attributes: { axis: -1 } },
    { op: 'MatMul', in: ['a', 'q2'], out: ['v'] },
    { op: 'Transpose', in: ['v'], out: ['w'], attributes: { perm: [1, 0, 2] } },
    { op: 'Reshape', in: ['w', 'whole'], out: ['o'] },
    { op: 'ReduceMean', in: ['o'], out: ['f'], attributes: { axes: [0], keepdims: 0 } },
  ];
  const more = { heads: int64([3], [4, 2, 3]), whole: int64([3], [4, 1, 6]) };
  await expectRows(onnxFile(fileOf(attention, more)), x, 1);
});

const resizings: Readonly<
  Record<string, { opset?: number; sizes: number[]; axes?: readonly number[] }>
> = {
  'to sizes of an old opset': { opset: 11, sizes: [1, 6, 3, 5] },
  'to sizes of some axes': { opset: 18, sizes: [3, 1, 5], axes: [2, -4, -1] },
  'to sizes of others than the batch': { opset: 18, sizes: [3, 5], axes: [-2, -1] },
};

it.each(Object.entries(resizings))('resizes %s', async (_, { opset = 17, sizes, axes }) => {
  const file: TestFile = {
    opset,
    nodes: [
      patches[0],
      {
        op: 'Resize',
        in: ['p', opset === 11 ? 'none' : '', opset === 11 ? 'none' : '', 'sizes'],
        out: ['r'],
        attributes: { mode: 'linear', ...(axes ? { axes } : {}) },
      },
      { op: 'Conv', in: ['r', 'places'] },
    ],
    initializers: {
      patch: initializers.patch,
      sizes: int64([sizes.length], sizes),
      none: float32([0], []),
      places: waves([5, 6, 1, 1], 2),
    },
    inputs: { x: ['float32', [1, 3, 8, 8]] },
  };
  await expectRows(onnxFile(file), x, 1);
});

/** Tokens as rows "c" [4, 6], and the mean of such rows "v" as the features of a picture. */
const asRows: TestNode = { op: 'Reshape', in: ['t', 'flat'], out: ['c'] };
const averaged: readonly TestNode[] = [
  { op: 'Reshape', in: ['v', 'whole'], out: ['o'] },
  { op: 'ReduceMean', in: ['o'], out: ['f'], attributes: { axes: [1], keepdims: 0 } },
];
const rows = {
  flat: int64([2], [4, 6]),
  whole: int64([3], [1, 4, 6]),
  zero: int64([], [0]),
};

it('takes tokens for rows as long as those of pictures do not meet', async () => {
  const apart: TestNode = { op: 'Softmax', in: ['c'], out: ['v'], attributes: { axis: 1 } };
  await expectRows(onnxFile(fileOf([asRows, apart, ...averaged], rows)), x, 1);
});

const mixing: Readonly<Record<string, readonly TestNode[]>> = {
  'a mean of rows': [
    { op: 'ReduceMean', in: ['c'], out: ['f'], attributes: { axes: [0], keepdims: 1 } },
  ],
  'a product of all rows': [
    { op: 'Transpose', in: ['c'], out: ['k'], attributes: { perm: [1, 0] } },
    { op: 'MatMul', in: ['c', 'k'], out: ['s'] },
    { op: 'MatMul', in: ['s', 'c'], out: ['v'] },
    ...averaged,
  ],
  'a softmax over rows': [
    { op: 'Softmax', in: ['c'], out: ['v'], attributes: { axis: 0 } },
    ...averaged,
  ],
  'rows less their mean': [
    { op: 'ReduceMean', in: ['c'], out: ['m'], attributes: { axes: [0], keepdims: 1 } },
    { op: 'Sub', in: ['c', 'm'], out: ['v'] },
    ...averaged,
  ],
  'rows beside the covariance of all': [
    { op: 'Transpose', in: ['c'], out: ['k'], attributes: { perm: [1, 0] } },
    { op: 'MatMul', in: ['k', 'c'], out: ['s'] },
    { op: 'MatMul', in: ['c', 's'], out: ['v'] },
    ...averaged,
  ],
  'rows less the first': [
    { op: 'Gather', in: ['c', 'zero'], out: ['m'], attributes: { axis: 0 } },
    { op: 'Sub', in: ['c', 'm'], out: ['v'] },
    ...averaged,
  ],
  'sums of the rows so far': [{ op: 'CumSum', in: ['c', 'zero'], out: ['v'] }, ...averaged],
  'a softmax over columns': [
    { op: 'Transpose', in: ['c'], out: ['k'], attributes: { perm: [1, 0] } },
    { op: 'Softmax', in: ['k'], out: ['s'] },
    { op: 'Transpose', in: ['s'], out: ['v'], attributes: { perm: [1, 0] } },
    ...averaged,
  ],
  'rows that a picture picks': [
    { op: 'ArgMax', in: ['c'], out: ['i'], attributes: { axis: 1, keepdims: 0 } },
    { op: 'Gather', in: ['c', 'i'], out: ['v'], attributes: { axis: 0 } },
    ...averaged,
  ],
};

it.each(Object.entries(mixing))('refuses, in one line, %s', (_, nodes) => {
  expect(() => opened(onnxFile(fileOf([asRows, ...nodes], rows)))).toThrow(
    expect.objectContaining({
      code: 'unsupported',
      message:
        'm.onnx was exported for batches of 1; export it with a free batch axis (dynamic_axes)',
    }) as Error,
  );
});

it('leaves what is wrong with the fixed batch, too, to its own message', () => {
  const more = { wrong: int64([2], [1, 7]) };
  const nodes: readonly TestNode[] = [{ op: 'Reshape', in: ['t', 'wrong'], out: ['f'] }];
  expect(() => opened(onnxFile(fileOf(nodes, more)))).toThrow('[1, 4, 6] as [1, 7]');
});
