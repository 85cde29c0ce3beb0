import { describe, expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { graphOf } from '../../graph/graph.ts';
import { evaluate } from '../../graph/testing/evaluate.ts';
import { input } from '../../graph/value.ts';
import { float32 } from '../../tensor/tensor.ts';
import { initialise, Scope } from '../scope.ts';
import { tinyClassifiers } from '../testing/tiny-classifiers.ts';
import { classifierFrom, withLabels } from './registry.ts';

const picture = [2, 3, 32, 32];

describe.each(tinyClassifiers)('$model_type', (config) => {
  const classifier = classifierFrom(config, 'config.json');
  const x = input('x', 'float32', picture);

  /** The shape of every parameter for a number of classes. */
  const shapesFor = (classes: number): Map<string, string> => {
    const scope = Scope.root();
    const labels = Array.from({ length: classes }, (_, i) => `c${i}`);
    classifierFrom(withLabels(config, labels), 'config.json').build(scope, x);
    return new Map(
      [...scope.declared.parameters].map(([name, { shape }]) => [name, shape.join('x')]),
    );
  };

  it('computes logits that depend on the picture from fresh weights', async () => {
    const scope = Scope.root();
    const { logits, features, hidden } = classifier.build(scope, x);
    const random = counterRandom(1);
    const weights = Object.fromEntries(initialise(scope.declared, random));
    const pixels = Array.from({ length: 2 * 3 * 32 * 32 }, () => random.normal());
    const outputs = { logits, features, last: hidden.at(-1)! };
    const results = await evaluate(outputs, { ...weights, x: float32(picture, pixels) });
    expect(results['logits'].shape).toEqual([2, 3]);
    const values = [...(results['logits'].data as Float32Array)];
    expect(values.every(Number.isFinite)).toBe(true);
    expect(values.slice(0, 3)).not.toEqual(values.slice(3));
    for (const [name, value] of Object.entries(outputs)) {
      expect(results[name].shape).toEqual(value.shape);
    }
  });

  it('may be built for batches of any size', () => {
    const free = input('x', 'float32', ['batch', 3, 32, 32]);
    expect(classifier.build(Scope.root(), free).logits.shape).toEqual(['batch', 3]);
  });

  it('needs all parameters that it declares', () => {
    const scope = Scope.root({ training: true });
    const { logits } = classifier.build(scope, x, { dropPath: 0.1 });
    const { parameters, inputs } = graphOf({ logits });
    expect([...scope.declared.parameters.keys()].filter((name) => !parameters.has(name))).toEqual(
      [],
    );
    expect([...scope.declared.masks.keys()].filter((name) => !inputs.has(name))).toEqual([]);
    expect(scope.declared.masks.size).toBeGreaterThan(0);
  });

  it('knows as its head what depends on the number of classes', () => {
    const [few, many] = [shapesFor(3), shapesFor(5)];
    const changed = [...few.keys()].filter((name) => few.get(name) !== many.get(name));
    expect([...few.keys()].filter((name) => classifier.isHead(name))).toEqual(changed);
    expect(changed.length).toBeGreaterThan(0);
  });

  it('has all parameters but the head below its body, if that can be saved alone', () => {
    const { body, architecture, isHead } = classifier;
    expect(body === undefined).toBe(architecture === undefined);
    const others = [...shapesFor(3).keys()].filter((name) => !isHead(name));
    expect(others.filter((name) => body && !name.startsWith(`${body}.`))).toEqual([]);
  });

  it('has parameters in each of its layers, and the head in the last', () => {
    const names = [...shapesFor(3).keys()];
    const { of, last } = classifier.layers;
    expect([...new Set(names.map(of))].sort((a, b) => a - b)).toEqual(
      Array.from({ length: last + 1 }, (_, layer) => layer),
    );
    expect(names.filter(classifier.isHead).every((name) => of(name) === last)).toBe(true);
  });
});
