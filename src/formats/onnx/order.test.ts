import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, type OrderedNode } from './order.ts';

const node = (label: string, inputs: string[], outputs: string[]): OrderedNode => ({
  label,
  inputs,
  outputs,
});

describe('inOrder', () => {
  it('puts nodes after those that they depend on, whatever order a file has them in', () => {
    const chain = fc.integer({ min: 1, max: 20 }).chain((count) => {
      const nodes = Array.from({ length: count }, (_, i) =>
        node(
          `n${i}`,
          [i === 0 ? 'x' : `t${i - 1}`, `t${Math.floor(i / 2) - 1}`].map((name) =>
            name === 't-1' ? 'x' : name,
          ),
          [`t${i}`],
        ),
      );
      return fc.shuffledSubarray(nodes, { minLength: count });
    });
    fc.assert(
      fc.property(chain, (nodes) => {
        const done = new Set(['x']);
        for (const { inputs, outputs } of inOrder(nodes, ['x'], 'm')) {
          expect(inputs.every((name) => done.has(name))).toBe(true);
          outputs.forEach((name) => done.add(name));
        }
        expect(done.size).toBe(nodes.length + 1);
      }),
    );
  });

  it('leaves nodes that are in order as they are', () => {
    const nodes = [node('b', ['x'], ['b']), node('a', ['x'], ['a']), node('c', ['a', 'b'], ['c'])];
    expect(inOrder(nodes, ['x'], 'm')).toEqual(nodes);
  });

  it('refuses cycles, names given twice, and inputs from nowhere', () => {
    const cycle = [node('a', ['y'], ['x']), node('b', ['x'], ['y'])];
    expect(() => inOrder(cycle, [], 'm')).toThrow('m: a waits for itself: the graph has a cycle');
    const twice = [node('a', ['x'], ['y']), node('b', ['x'], ['y'])];
    expect(() => inOrder(twice, ['x'], 'm')).toThrow('m: b gives "y" once more');
    const nowhere = [node('a', ['z'], ['y'])];
    expect(() => inOrder(nowhere, ['x'], 'm')).toThrow('m: a takes "z", which nothing gives');
  });
});
