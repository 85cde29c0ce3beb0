import { expect, it } from 'vitest';
import { graphOf } from './graph.ts';
import { add, mul } from './ops/binary/ops.ts';
import { input, parameter } from './value.ts';

it('has what its outputs depend on, leaves by kind in order of first use', () => {
  const [a, b, w] = [
    input('a', 'float32', [2]),
    input('b', 'float32', [2]),
    parameter('w', [2]),
  ] as const;
  const product = mul(b, w);
  const graph = graphOf({ y: add(product, a), again: product });
  expect([...graph.inputs.keys()]).toEqual(['b', 'a']);
  expect([...graph.parameters.keys()]).toEqual(['w']);
  expect(graph.nodes.map(({ operator }) => operator.name)).toEqual(['Mul', 'Add']);
  expect([...graph.outputs.keys()]).toEqual(['y', 'again']);
});

it.each([
  ['inputs', input('a', 'float32', [2])],
  ['an input and a parameter', parameter('a', [2])],
])('refuses one name for two %s', (_, other) => {
  const y = add(input('a', 'float32', [2]), other);
  expect(() => graphOf({ y })).toThrow('two leaves of the graph are called "a"');
});
