import { describe, expect, it } from 'vitest';
import type { ModelCheckpoint } from '../bundle/checkpoint.ts';
import type { Network } from '../nn/models/network.ts';
import { float32, toNumbers } from '../tensor/tensor.ts';
import { keptPlaces, lastLayerNotice, requireLastLayer, withClassesAt } from './last-layer.ts';
import { tinyCheckpoint } from './testing/tiny-checkpoint.ts';

/** A model of these classes; `changes` to its network. */
function model(labels: readonly string[], changes: Partial<Network> = {}): ModelCheckpoint {
  const base = tinyCheckpoint('resnet');
  return { ...base, weightsPath: 'm.onnx', network: { ...base.network, labels, ...changes } };
}

describe('keptPlaces', () => {
  it('finds the data’s classes in the model’s, whatever their order and accents', () => {
    const base = model(['dog', 'caf\u00e9', 'ant']);
    expect(keptPlaces(base, ['dog', 'cafe\u0301', 'ant'])).toEqual([0, 1, 2]);
    expect(keptPlaces(base, ['ant', 'café', 'dog'])).toEqual([2, 1, 0]);
  });

  it('finds none for other classes, more, fewer, and names that tell no order', () => {
    const base = model(['a', 'b', 'c']);
    for (const labels of [
      ['a', 'b', 'd'],
      ['a', 'b'],
      ['a', 'b', 'c', 'd'],
      ['a', 'b', 'b'],
    ]) {
      expect([labels, keptPlaces(base, labels)]).toEqual([labels, undefined]);
    }
    expect(keptPlaces(model(['a', 'a', 'b']), ['b', 'a', 'a'])).toBeUndefined();
    expect(keptPlaces(model(['a', 'a', 'b']), ['a', 'a', 'b'])).toEqual([0, 1, 2]);
  });

  it('finds none where there is no last layer', () => {
    const base = model(['a', 'b', 'c']);
    const body = [...base.weights].filter(([name]) => !base.network.isHead(name));
    expect(keptPlaces({ ...base, weights: new Map(body) }, ['a', 'b', 'c'])).toBeUndefined();
    const fixed = model(['a', 'b', 'c'], { fixedHead: 'why' });
    expect(keptPlaces({ ...fixed, weights: new Map() }, ['a', 'b', 'c'])).toBeUndefined();
  });
});

it('a last layer that cannot be replaced is good for its own classes alone', () => {
  const base = model(['a', 'b', 'c'], { fixedHead: 'it is fixed', isHead: () => false });
  expect(() => requireLastLayer(base, ['a', 'b', 'c'])).not.toThrow();
  for (const labels of [
    ['a', 'b', 'd'],
    ['b', 'a', 'c'],
  ]) {
    expect(() => requireLastLayer(base, labels)).toThrow(
      'm.onnx cannot get a last layer for the classes of the data: it is fixed (valid: predict, evaluate, data of the classes of the model, in their order)',
    );
  }
  expect(() => requireLastLayer(model(['a', 'b', 'c']), ['x', 'y'])).not.toThrow();
});

it('classes in another order take their weights along, on whichever axis they are', () => {
  const weights = new Map([
    ['head.rows', float32([3, 2], [0, 1, 2, 3, 4, 5])],
    ['head.columns', float32([2, 3], [0, 1, 2, 3, 4, 5])],
    ['body', float32([3], [0, 1, 2])],
  ]);
  const network = {
    ...model([]).network,
    isHead: (name: string) => name.startsWith('head.'),
    classAxis: (name: string) => (name === 'head.rows' ? 0 : 1),
  };
  const moved = withClassesAt({ network, weights }, [2, 0, 1]);
  expect([...moved].map(([name, t]) => [name, toNumbers(t)])).toEqual([
    ['head.rows', [4, 5, 0, 1, 2, 3]],
    ['head.columns', [2, 0, 1, 5, 3, 4]],
    ['body', [0, 1, 2]],
  ]);
});

it('the user is told which it is', () => {
  expect(lastLayerNotice({ before: ['a', 'b'], classes: 2, isKept: true })).toBe(
    'the classes are those of the model, which keeps its last layer',
  );
  expect(lastLayerNotice({ before: undefined, classes: 2, isKept: false })).toBe(
    'the model gets a new last layer for 2 classes, the first',
  );
  const before = ['a', 'b', 'c', 'd'];
  expect(lastLayerNotice({ before, classes: 2, isKept: false })).toBe(
    'the model gets a new last layer for 2 classes, in place of that for a, b, c ...',
  );
});
