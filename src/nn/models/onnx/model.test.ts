import { describe, expect, it } from 'vitest';
import { openArchitecture, withoutWeights } from '../../../formats/onnx/architecture.ts';
import { parseOnnx } from '../../../formats/onnx/decode.ts';
import { initializersOf } from '../../../formats/onnx/roles.ts';
import {
  onnxFile,
  waves,
  type TestFile,
  type TestNode,
} from '../../../formats/onnx/testing/onnx-file.ts';
import { graphOf } from '../../../graph/graph.ts';
import { crossEntropy } from '../../../graph/functions/losses.ts';
import { gradients } from '../../../graph/autodiff/gradients.ts';
import { input } from '../../../graph/value.ts';
import { Session } from '../../../runtime/session.ts';
import { float32, int64, toNumbers, type Tensor } from '../../../tensor/tensor.ts';
import { withLabels, type Classifier } from '../registry.ts';
import { Scope } from '../../scope.ts';
import { onnxClassifier, onnxConfigOf } from './model.ts';

const positive = (length: number): Tensor =>
  float32(
    [length],
    Array.from({ length }, (_, i) => 1 + i),
  );

/** A small convolutional network: two layers with batch norm, a mean of places, a last layer. */
const initializers = {
  'stem.weight': waves([4, 3, 3, 3]),
  'stem.scale': positive(4),
  'stem.shift': waves([4], 1),
  'stem.mean': waves([4], 2),
  'stem.var': positive(4),
  'body.weight': waves([6, 4, 1, 1], 3),
  'fc.weight': waves([5, 6], 4),
  'fc.bias': waves([5], 5),
};

const body: readonly TestNode[] = [
  { op: 'Conv', in: ['x', 'stem.weight'], out: ['a'], attributes: { strides: [2, 2] } },
  {
    op: 'BatchNormalization',
    in: ['a', 'stem.scale', 'stem.shift', 'stem.mean', 'stem.var'],
    out: ['b'],
    attributes: { momentum: 0.75 },
  },
  { op: 'Relu', in: ['b'], out: ['c'] },
  { op: 'Conv', in: ['c', 'body.weight'], out: ['d'] },
  { op: 'Clip', in: ['d', 'zero', 'six'], out: ['e'] },
  { op: 'GlobalAveragePool', in: ['e'], out: ['f'] },
  { op: 'Flatten', in: ['f'], out: ['g'] },
];
const gemm: TestNode = { op: 'Gemm', in: ['g', 'fc.weight', 'fc.bias'], attributes: { transB: 1 } };
const clipped = { ...initializers, zero: float32([], [0]), six: float32([], [6]) };
const pictures = ['float32', ['batch', 3, 8, 8]] as const;
const network: TestFile = {
  nodes: [...body, gemm],
  initializers: clipped,
  inputs: { x: pictures },
};

const weights = new Map<string, Tensor>(Object.entries(initializers));

/** The configuration of a file, as reading it gives it. */
function configOf(file: TestFile, labels?: readonly string[]) {
  const bytes = onnxFile(file);
  const model = parseOnnx(bytes, 'm.onnx');
  const constants = new Map(
    [...initializersOf(model)].flatMap(([name, { role }]): [string, Tensor][] =>
      role === 'constant' ? [[name, file.initializers![name]]] : [],
    ),
  );
  const architecture = withoutWeights(bytes, constants);
  return onnxConfigOf(
    { network: openArchitecture(architecture, 'm.onnx'), architecture },
    { labels },
  );
}

const classifierOf = (file: TestFile, labels?: readonly string[]): Classifier =>
  onnxClassifier(configOf(file, labels), 'config.json');

async function logitsOf(classifier: Classifier, x: Tensor): Promise<readonly number[]> {
  const value = input('x', 'float32', x.shape);
  const { logits } = classifier.build(Scope.root(), value);
  const session = await Session.create(graphOf({ logits }), { parameters: weights });
  const results = await session.run({ x });
  await session.dispose();
  return toNumbers(results['logits']);
}

const x = waves([2, 3, 8, 8], 7);

describe('onnxClassifier', () => {
  it('describes a network: classes, colours, last layer, layers', () => {
    const classifier = classifierOf(network, ['a', 'b', 'c', 'd', 'e']);
    expect(classifier.labels).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(classifier.channels).toBe(3);
    const isHead = Object.keys(initializers).filter((name) => classifier.isHead(name));
    expect(isHead).toEqual(['fc.weight', 'fc.bias']);
    const layerOf = Object.keys(initializers).map((name) => classifier.layers.of(name));
    expect(layerOf).toEqual([0, 0, 0, 0, 0, 1, 2, 2]);
    expect(classifier.layers.last).toBe(2);
  });

  it('keeps the size of its pictures where it takes any; older configurations have none', () => {
    const free = {
      ...network,
      inputs: { x: ['float32', ['batch', 3, 'height', 'width']] },
    } as const;
    const { input_size: size, ...older } = configOf(free);
    expect(size).toEqual({ height: 224, width: 224 });
    expect(configOf(network)).not.toHaveProperty('input_size');
    expect(onnxClassifier(older, 'config.json').labels).toHaveLength(5);
  });

  it('declares parameters and buffers, and what goes into the last ReLU', () => {
    const scope = Scope.root();
    const output = classifierOf(network).build(scope, input('x', 'float32', ['batch', 3, 8, 8]));
    expect(output.logits.shape).toEqual(['batch', 5]);
    expect(output.features.shape).toEqual(['batch', 6]);
    expect(output.beforeLastRelu?.shape).toEqual(['batch', 6, 3, 3]);
    expect([...scope.declared.buffers.keys()]).toEqual(['stem.mean', 'stem.var']);
    expect([...scope.declared.parameters.keys()].sort()).toEqual(
      ['body.weight', 'fc.bias', 'fc.weight', 'stem.scale', 'stem.shift', 'stem.weight'].sort(),
    );
    expect(scope.declared.updates.size).toBe(0);
  });

  it('takes a last layer with other classes, however the weight lies', () => {
    const turned = {
      ...network,
      nodes: [
        ...body,
        { op: 'MatMul', in: ['g', 'w'], out: ['p'] },
        { op: 'Add', in: ['fc.bias', 'p'], out: ['q'] },
        { op: 'Softmax', in: ['q'], out: ['r'] },
        { op: 'Reshape', in: ['r', 'five'] },
      ],
      initializers: { ...clipped, w: waves([6, 5]), five: int64([2], [-1, 5]) },
    };
    const labels = Array.from({ length: 9 }, (_, i) => `class ${i}`);
    for (const [file, weight, shape] of [
      [network, 'fc.weight', [9, 6]],
      [turned, 'w', [6, 9]],
    ] as const) {
      const classifier = onnxClassifier(withLabels(configOf(file), labels), 'config.json');
      const scope = Scope.root();
      const { logits } = classifier.build(scope, input('x', 'float32', [2, 3, 8, 8]));
      expect(logits.shape).toEqual([2, 9]);
      expect(scope.declared.parameters.get(weight)?.shape).toEqual(shape);
      expect(scope.declared.parameters.get('fc.bias')?.shape).toEqual([9]);
    }
  });

  it('gives logits of models that end in a softmax', async () => {
    const ended = {
      ...network,
      nodes: [...body, { ...gemm, out: ['z'] }, { op: 'Softmax', in: ['z'] }],
    };
    expect(await logitsOf(classifierOf(ended), x)).toEqual(
      await logitsOf(classifierOf(network), x),
    );
  });

  it('takes a convolution of 1 x 1 for the last layer', async () => {
    const convolved = {
      ...network,
      nodes: [
        ...body.slice(0, -1),
        { op: 'Conv', in: ['f', 'fc.weight', 'fc.bias'], out: ['z'] },
        { op: 'Flatten', in: ['z'] },
      ],
      initializers: {
        ...clipped,
        'fc.weight': { ...initializers['fc.weight'], shape: [5, 6, 1, 1] },
      },
    };
    const classifier = classifierOf(convolved);
    const { logits } = classifier.build(Scope.root(), input('x', 'float32', [2, 3, 8, 8]));
    expect(logits.shape).toEqual([2, 5]);
    const session = await Session.create(graphOf({ logits }), {
      parameters: new Map([...weights, ['fc.weight', convolved.initializers['fc.weight']]]),
    });
    const results = await session.run({ x });
    await session.dispose();
    const wanted = await logitsOf(classifierOf(network), x);
    toNumbers(results['logits']).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
  });

  it('takes pictures with colours last', async () => {
    const last = {
      ...network,
      nodes: [
        { op: 'Transpose', in: ['image'], out: ['x'], attributes: { perm: [0, 3, 1, 2] } },
        ...network.nodes,
      ],
      inputs: { image: ['float32', ['batch', 8, 8, 3]] as const },
    };
    expect(await logitsOf(classifierOf(last), x)).toEqual(await logitsOf(classifierOf(network), x));
  });

  it('trains: batch statistics move the running ones, everything learnt has a gradient', async () => {
    const scope = Scope.root({ training: true });
    const classifier = classifierOf(network);
    const { logits } = classifier.build(scope, input('x', 'float32', x.shape));
    const loss = crossEntropy(logits, input('labels', 'int64', [2]));
    const leaves = graphOf({ loss }).parameters;
    const learnt = [...scope.declared.parameters.keys()];
    const slopes = gradients(
      loss,
      learnt.map((name) => leaves.get(name)!),
    );
    const outputs = Object.fromEntries([
      ...learnt.map((name, i) => [`gradient/${name}`, slopes[i]] as const),
      ...[...scope.declared.updates].map(([name, value]) => [`next/${name}`, value] as const),
    ]);
    const session = await Session.create(graphOf(outputs), { parameters: weights });
    const results = await session.run({ x, labels: int64([2], [1, 3]) });
    await session.dispose();
    expect(scope.declared.updates.size).toBe(2);
    for (const name of learnt) {
      expect([name, toNumbers(results[`gradient/${name}`]).some((g) => g !== 0)]).toEqual([
        name,
        true,
      ]);
    }
    // 3/4 of the old mean and 1/4 of the batch's: those of a first channel, computed by hand.
    const stem = await stemOf(x);
    const mean = stem.reduce((a, b) => a + b, 0) / stem.length;
    const old = toNumbers(initializers['stem.mean'])[0];
    expect(toNumbers(results['next/stem.mean'])[0]).toBeCloseTo(0.75 * old + 0.25 * mean, 4);
  });

  it('leaves frozen layers their statistics', () => {
    const scope = Scope.root({ training: true, isFrozen: (name) => name.startsWith('stem.') });
    classifierOf(network).build(scope, input('x', 'float32', [2, 3, 8, 8]));
    expect(scope.declared.updates.size).toBe(0);
  });

  it('refuses what is no classifier of pictures', () => {
    const text = { ...network, inputs: { x: ['int64', ['batch', 7]] as const } };
    expect(() => configOf(text)).toThrow(
      'm.onnx takes "x" int64 [batch, 7], not one batch of pictures',
    );
    expect(() => configOf(network, ['one'])).toThrow('m.onnx has 5 classes, not 1');
    const larger = input('x', 'float32', [1, 3, 9, 9]);
    expect(() => classifierOf(network).build(Scope.root(), larger)).toThrow(
      'takes pictures of 8 x 8, not 9 x 9',
    );
    const config = { ...configOf(network), onnx_architecture: '!' };
    expect(() => onnxClassifier(config, 'config.json')).toThrow('config.json');
  });
});

/** The first channel of the first convolution. */
async function stemOf(pictures: Tensor): Promise<readonly number[]> {
  const file = { ...network, nodes: [body[0]], outputs: ['a'] };
  const session = await Session.load(onnxFile(file));
  const { a } = await session.run({ x: pictures });
  await session.dispose();
  const [count, channels, height, width] = a.shape;
  const numbers = toNumbers(a);
  const area = height * width;
  return Array.from({ length: count }, (_, i) =>
    numbers.slice(i * channels * area, i * channels * area + area),
  ).flat();
}
