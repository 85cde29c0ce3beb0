import { expect, test } from 'vitest';
import { graphOf } from './graph.ts';
import { peakBytes } from './memory.ts';
import { add } from './ops/binary/ops.ts';
import { relu } from './ops/elementwise/ops.ts';
import { chunk } from './ops/movement/join-ops.ts';
import { input } from './value.ts';

const x = input('x', 'float32', [10]);

test('a result is given back after its last use', () => {
  let y = relu(x);
  for (let i = 0; i < 5; i++) y = relu(y);
  // Two at once, however long the chain is; the input does not count.
  expect(peakBytes(graphOf({ y }))).toBe(2 * 40);
});

test('what is used late stays, and outputs stay to the end', () => {
  const [first, second] = [relu(x), relu(relu(x))];
  expect(peakBytes(graphOf({ y: add(first, second) }))).toBe(3 * 40);
  expect(peakBytes(graphOf({ first, second, y: relu(second) }))).toBe(3 * 40);
});

test('of several outputs, those that nothing uses take no memory', () => {
  const [half] = chunk(x, 2, 0);
  expect(peakBytes(graphOf({ y: relu(half) }))).toBe(40);
});
