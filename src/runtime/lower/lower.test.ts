import { describe, expect, test } from 'vitest';
import { encodeOnnx } from '../../formats/onnx/write.ts';
import { gradients } from '../../graph/autodiff/gradients.ts';
import { linear } from '../../graph/functions/linear.ts';
import { graphOf, type Graph } from '../../graph/graph.ts';
import { add, mul, sub } from '../../graph/ops/binary/ops.ts';
import { conv, convTranspose, type ConvOptions } from '../../graph/ops/conv/ops.ts';
import { clip, gelu, relu } from '../../graph/ops/elementwise/ops.ts';
import { matrixTranspose, transpose } from '../../graph/ops/movement/shape-ops.ts';
import { reduceSum } from '../../graph/ops/reduction/ops.ts';
import { logSoftmax, softmax } from '../../graph/ops/softmax/ops.ts';
import { waves } from '../../graph/testing/finite-differences.ts';
import { constant, input, parameter, scalar, shapeOf, type Value } from '../../graph/value.ts';
import { float32, toNumbers } from '../../tensor/tensor.ts';
import { loadOrt } from '../ort.ts';
import { Session, type Tensors } from '../session.ts';
import { nchwcBlockSize } from './block-size.ts';
import { copyStopName, isCopyStop, withCopyStop } from './copy-stop.ts';
import { lower } from './lower.ts';

const blockSize = await nchwcBlockSize();
const lowered = (graph: Graph): Graph => lower(graph, { blockSize, constants: new Set() });
const names = (graph: Graph): string[] =>
  graph.nodes.map(({ operator }) => `${operator.domain ?? ''}.${operator.name}`);

async function run(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await Session.load(encodeOnnx(graph), { threads: 1 });
  const result = await session.run(feeds);
  await session.dispose();
  return result;
}

/** Both graphs compute the same, up to the order of sums. */
async function expectSame(graph: Graph, rewritten = lowered(graph)): Promise<void> {
  const feeds = Object.fromEntries(
    [...graph.inputs].map(([name, value], i) => [name, waves(shapeOf(value), 1.1 + i)]),
  );
  const [plain, other] = [await run(graph, feeds), await run(rewritten, feeds)];
  for (const [name, t] of Object.entries(plain)) {
    const actual = toNumbers(other[name]);
    expect(other[name].shape).toEqual(t.shape);
    const values = toNumbers(t);
    const largest = Math.max(...values.map(Math.abs));
    const worst = Math.max(...values.map((value, i) => Math.abs(actual[i] - value)));
    expect(worst).toBeLessThan(1e-5 * (1 + largest));
  }
}

/** Output and gradients of a function of x and w. */
function withGradients(x: Value, w: Value, y: Value): Graph {
  const [dx, dw] = gradients(y, [x, w], input('dy', 'float32', shapeOf(y)));
  return graphOf({ y, dx, dw });
}

describe.each([
  ['Softmax', softmax],
  ['LogSoftmax', logSoftmax],
])('%s', (name, f) => {
  test.each([0, 1, 2, -2])('along axis %i of four is made of reductions', async (axis) => {
    const graph = graphOf({ y: f(input('x', 'float32', [3, 5, 4, 6]), axis) });
    expect(names(lowered(graph))).not.toContain(`.${name}`);
    await expectSame(graph);
  });

  test.each([3, -1])('along axis %i of four stays', (axis) => {
    const graph = graphOf({ y: f(input('x', 'float32', [3, 5, 4, 6]), axis) });
    expect(names(lowered(graph))).toEqual([`.${name}`]);
  });
});

describe('convolutions', () => {
  interface Case {
    readonly x: readonly number[];
    readonly w: readonly number[];
    readonly options?: ConvOptions;
  }
  const cases: Readonly<Record<string, Case>> = {
    'of stride 1': { x: [2, 32, 6, 7], w: [16, 32, 3, 3], options: { padding: 1 } },
    'of stride 2': { x: [2, 32, 8, 8], w: [48, 32, 3, 3], options: { padding: 1, stride: 2 } },
    'of stride 3': { x: [1, 16, 12, 9], w: [16, 16, 5, 5], options: { padding: 1, stride: 3 } },
    'of odd lengths': { x: [2, 32, 7, 9], w: [16, 32, 3, 3], options: { padding: 1, stride: 2 } },
    'of single pixels': { x: [2, 32, 8, 8], w: [16, 32, 1, 1], options: { stride: 2 } },
    'of patches': { x: [2, 16, 8, 8], w: [32, 16, 4, 4], options: { stride: 4 } },
    'of dilated kernels': {
      x: [1, 32, 9, 9],
      w: [16, 32, 3, 3],
      options: { padding: 2, dilation: 2 },
    },
    'of few channels': { x: [2, 3, 16, 16], w: [32, 3, 7, 7], options: { padding: 3, stride: 2 } },
    'of single channels': {
      x: [2, 32, 8, 8],
      w: [32, 1, 3, 3],
      options: { padding: 1, groups: 32 },
    },
    'of single channels, of stride 2': {
      x: [2, 32, 8, 8],
      w: [32, 1, 5, 5],
      options: { padding: 2, stride: 2, groups: 32 },
    },
    'of some groups': { x: [16, 32, 8, 8], w: [32, 16, 3, 3], options: { groups: 2 } },
    'of channels that fill no block': { x: [2, 20, 9, 9], w: [16, 20, 3, 3] },
    'of a batch that fills no block': {
      x: [18, 3, 12, 12],
      w: [16, 3, 3, 3],
      options: { padding: 1, stride: 2 },
    },
    'with more padding behind': {
      x: [1, 16, 6, 7],
      w: [16, 16, 3, 3],
      options: { padding: [0, 0, 1, 1], stride: 2 },
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { x: xs, w: ws, options }) => {
    const x = input('x', 'float32', xs);
    const w = input('w', 'float32', ws);
    const graph = withGradients(x, w, conv(x, w, undefined, options));
    if (blockSize > 1) expect(names(lowered(graph))).toContain('com.microsoft.nchwc.Conv');
    await expectSame(graph);
  });

  test.each([
    ['', { padding: 1 }],
    [' of a stride', { stride: 2 }],
    [' of a dilated kernel', { padding: 2, dilation: 2 }],
  ])('by large kernels%s become products where nothing is blocked', async (_, options) => {
    const x = input('x', 'float32', [3, 18, 11, 12]);
    const w = input('w', 'float32', [5, 18, 3, 3]);
    const graph = withGradients(x, w, conv(x, w, undefined, options));
    const unblocked = lower(graph, { blockSize: 1, constants: new Set() });
    expect(names(unblocked).filter((name) => name === '.Conv')).toHaveLength(1);
    await expectSame(graph, unblocked);
  });

  test('transposed, with a bias', async () => {
    const x = input('x', 'float32', [2, 32, 5, 4]);
    const w = input('w', 'float32', [32, 16, 2, 2]);
    const b = input('b', 'float32', [16]);
    await expectSame(withGradients(x, w, convTranspose(x, w, b, { stride: 2 })));
  });

  test.each([6, 9, 15])('of %i channels are padded for WebGPU', async (channels) => {
    const x = input('x', 'float32', [2, channels, 7, 6]);
    const w = input('w', 'float32', [4, channels, 3, 3]);
    const b = input('b', 'float32', [4]);
    const graph = graphOf({ y: conv(x, w, b, { padding: 1 }) });
    const rewritten = lower(graph, { blockSize: 1, constants: new Set(), device: 'webgpu' });
    const [convolved] = rewritten.nodes.at(-1)!.inputs;
    expect(Number(convolved!.shape[1]) % 4).toBe(0);
    await expectSame(graph, rewritten);
  });

  test.each([1, 3, 4, 7, 12])('of %i channels are not', (channels) => {
    const x = input('x', 'float32', [1, channels, 4, 4]);
    const graph = graphOf({ y: conv(x, constant(waves([4, channels, 3, 3]))) });
    const rewritten = lower(graph, { blockSize: 1, constants: new Set(), device: 'webgpu' });
    expect(names(rewritten)).toEqual(['.Conv']);
  });

  test('of constant weights are left to ONNX Runtime', () => {
    const x = input('x', 'float32', [1, 16, 8, 8]);
    const graph = graphOf({ y: conv(x, constant(waves([16, 16, 3, 3]))) });
    expect(names(lowered(graph))).toEqual(['.Conv']);
  });
});

test('column sums become products', async () => {
  const x = input('x', 'float32', [10, 20, 3]);
  const graph = graphOf({ y: reduceSum(x, { axes: [0, 1], keepdims: true }) });
  expect(names(lowered(graph))).toContain('.MatMul');
  await expectSame(graph);
});

test('GELU and its gradient compute the error function once', async () => {
  const x = input('x', 'float32', [4, 5]);
  const y = gelu(x);
  const [dx] = gradients(y, [x], input('dy', 'float32', [4, 5]));
  const graph = graphOf({ y, dx });
  expect(names(lowered(graph))).not.toContain('.Gelu');
  expect(names(lowered(graphOf({ y })))).toEqual(['.Gelu']);
  await expectSame(graph);
});

test('so they do after a layer whose weights are written into the model', () => {
  const x = input('x', 'float32', [4, 5]);
  const y = gelu(linear(x, parameter('w', [3, 5])));
  const [dx] = gradients(y, [x], input('dy', 'float32', [4, 3]));
  const graph = lower(graphOf({ y, dx }), { blockSize: 1, constants: new Set(['w']) });
  expect(names(graph)).toContain('.Gemm');
  expect(names(graph)).not.toContain('.Gelu');
});

test('the gradient of ReLU is a steep step, 0 at 0', async () => {
  const x = input('x', 'float32', [7]);
  const [dx] = gradients(relu(x), [x], input('dy', 'float32', [7]));
  const graph = graphOf({ dx });
  expect(names(lowered(graph))).not.toContain('.Cast');
  await expectSame(graph);
  const feeds = {
    x: float32([7], [-Infinity, -1, -0, 0, 1.2e-38, 1, Infinity]),
    dy: float32([7], [1, 2, 3, 4, 5, 6, 7]),
  };
  expect(toNumbers((await run(lowered(graph), feeds))['dx'])).toEqual([0, 0, 0, 0, 5, 6, 7]);
});

test('the gradient of Clip is two of them, 1 at its ends', async () => {
  const x = input('x', 'float32', [7]);
  const y = clip(x, scalar(0), scalar(6));
  const [dx] = gradients(y, [x], input('dy', 'float32', [7]));
  const graph = graphOf({ dx });
  expect(names(lowered(graph))).not.toContain('.Cast');
  const feeds = {
    x: float32([7], [-1, -1.2e-38, 0, 3, 6, 6.000001, Infinity]),
    dy: float32([7], [1, 2, 3, 4, 5, 6, 7]),
  };
  expect(toNumbers((await run(graph, feeds))['dx'])).toEqual([0, 0, 3, 4, 5, 0, 0]);
  expect(toNumbers((await run(lowered(graph), feeds))['dx'])).toEqual([0, 0, 3, 4, 5, 0, 0]);
});

test('matrices as wide or high as a block are transposed by blocking', async () => {
  const x = input('x', 'float32', [3, 2, 5, blockSize]);
  const y = input('y', 'float32', [6, blockSize, 7]);
  const graph = graphOf({ wide: matrixTranspose(x), high: matrixTranspose(y) });
  if (blockSize > 1) expect(names(lowered(graph))).not.toContain('.Transpose');
  await expectSame(graph);
  const other = graphOf({ other: transpose(x, [1, 0, 2, 3]) });
  expect(names(lowered(other))).toEqual(['.Transpose']);
});

test('scalars get the rank of weights of 1x1 convolutions', async () => {
  const x = input('x', 'float32', [4, 3, 1, 1]);
  const s = input('s', 'float32', []);
  const graph = graphOf({ product: mul(x, s), difference: sub(1, x), sum: add(s, x) });
  expect(names(lowered(graph)).filter((name) => name === '.Reshape')).toHaveLength(3);
  await expectSame(graph);
  const wide = graphOf({ y: mul(input('x', 'float32', [3, 4]), s) });
  expect(names(lowered(wide))).toEqual(['.Mul']);
});

test('a run stops before it copies, with everything in the tensors given', async () => {
  const x = input('x', 'float32', [3]);
  const graph = graphOf({ sum: add(x, 1), product: mul(x, 2) });
  const ort = await loadOrt();
  const session = await ort.InferenceSession.create(withCopyStop(encodeOnnx(graph)));
  const room = (): Float32Array => new Float32Array(3);
  const [sum, product] = [room(), room()];
  const running = session.run(
    { x: new ort.Tensor('float32', Float32Array.of(1, 2, 3), [3]) },
    {
      [copyStopName]: null,
      sum: new ort.Tensor('float32', sum, [3]),
      product: new ort.Tensor('float32', product, [3]),
    },
  );
  await expect(running).rejects.toSatisfy(isCopyStop);
  expect([...sum, ...product]).toEqual([2, 3, 4, 2, 4, 6]);
  await session.release();
});
