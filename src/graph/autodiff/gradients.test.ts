import { expect, test } from 'vitest';
import { float32, int64, tensor, toNumbers } from '../../tensor/tensor.ts';
import { mul, pow, square } from '../ops/binary/ops.ts';
import { cast, sin } from '../ops/elementwise/ops.ts';
import { scatterElements } from '../ops/gather/ops.ts';
import { chunk, slice } from '../ops/movement/join-ops.ts';
import { reduceSum } from '../ops/reduction/ops.ts';
import { sameAsFirst } from '../ops/infer.ts';
import { apply, constant, input, operator, scalar, type Value } from '../value.ts';
import { evaluate } from '../testing/evaluate.ts';
import { gradients } from './gradients.ts';

const at = float32([3], [0.3, -1.1, 2]);

test('a gradient can be differentiated again', async () => {
  const x = input('x', 'float32', [3]);
  const [first] = gradients(reduceSum(sin(x)), [x]);
  const [second] = gradients(reduceSum(first), [x]);
  const [third] = gradients(reduceSum(second), [x]);
  const result = await evaluate({ first, second, third }, { x: at });
  const expected = {
    first: Math.cos,
    second: (v: number) => -Math.sin(v),
    third: (v: number) => -Math.cos(v),
  };
  for (const [name, f] of Object.entries(expected)) {
    toNumbers(result[name]).forEach((value, i) => expect(value).toBeCloseTo(f(at.data[i]), 5));
  }
});

test('second derivatives go through products', async () => {
  const x = input('x', 'float32', [3]);
  const [first] = gradients(reduceSum(mul(x, pow(x, 2))), [x]);
  const [second] = gradients(reduceSum(first), [x]);
  const result = await evaluate({ second }, { x: at });
  toNumbers(result.second).forEach((value, i) => expect(value).toBeCloseTo(6 * at.data[i], 4));
});

test('a power of zero does not depend on its base, not even at zero', async () => {
  const x = input('x', 'float32', [3]);
  const at = float32([3], [0, 2, -1]);
  const exponents = {
    scalar: scalar(0),
    mixed: constant(float32([3], [0, 3, 0])),
    given: input('b', 'float32', []),
  };
  const slope = (b: Value): Value => gradients(reduceSum(pow(x, b)), [x])[0];
  const result = await evaluate(
    Object.fromEntries(Object.entries(exponents).map(([name, b]) => [name, slope(b)])),
    { x: at, b: float32([], [0]) },
  );
  expect(toNumbers(result.scalar)).toEqual([0, 0, 0]);
  expect(toNumbers(result.mixed)).toEqual([0, 12, 0]);
  expect(toNumbers(result.given)).toEqual([0, 0, 0]);
});

test('a value that the loss does not depend on has a gradient of zeros', async () => {
  const x = input('x', 'float32', [3]);
  const other = input('other', 'float32', [2, 2]);
  const [dx] = gradients(reduceSum(x), [other]);
  expect(toNumbers((await evaluate({ dx })).dx)).toEqual([0, 0, 0, 0]);
});

test('outputs of a node that nobody uses take part with a gradient of zeros', async () => {
  const x = input('x', 'float32', [4]);
  const [, second] = chunk(x, 2, 0);
  const [dx] = gradients(reduceSum(mul(second, 3)), [x]);
  const result = await evaluate({ dx }, { x: float32([4], [1, 2, 3, 4]) });
  expect(toNumbers(result.dx)).toEqual([0, 0, 3, 3]);
});

test('what is unused or overwritten has a gradient of zeros, whatever it holds', async () => {
  const x = input('x', 'float32', [4]);
  const [first] = chunk(x, 2, 0);
  const overwritten = scatterElements(
    x,
    constant(int64([1], [0])),
    slice(x, { axis: 0, end: 1 }),
    0,
  );
  const dxs = [mul(first, 3), slice(overwritten, { axis: 0, start: 1 }), pow(first, 1)].map(
    (y, i) => [`dx${i}`, gradients(reduceSum(y), [x])[0]] as const,
  );
  const results = await evaluate(Object.fromEntries(dxs), {
    x: float32([4], [NaN, Infinity, Infinity, NaN]),
  });
  expect(dxs.map(([name]) => toNumbers(results[name]))).toEqual([
    [3, 3, 0, 0],
    [0, 1, 1, 1],
    [1, 1, 0, 0],
  ]);
});

test('an operator without a gradient is reported by name', () => {
  const x = input('x', 'float32', [3]);
  const twist = operator({ name: 'Twist', attributes: {}, infer: sameAsFirst });
  const y = reduceSum(apply(twist, [x], {})[0]);
  expect(() => gradients(y, [x])).toThrow('operator Twist has no gradient');
});

test('a gradient of something that is no scalar needs a seed', () => {
  const x = input('x', 'float32', [3]);
  expect(() => gradients(sin(x), [x])).toThrow('shape [3] needs a seed');
});

test('a seed weighs the elements', async () => {
  const x = input('x', 'float32', [3]);
  const seed = input('seed', 'float32', [3]);
  const [dx] = gradients(mul(x, 2), [x], seed);
  const result = await evaluate({ dx }, { seed: float32([3], [1, -1, 0.5]) });
  expect(toNumbers(result.dx)).toEqual([2, -2, 1]);
});

test('named axes must be bound before a gradient is taken', () => {
  const x = input('x', 'float32', ['batch', 3]);
  expect(() => gradients(reduceSum(mul(x, x)), [x])).toThrow('[batch, 3] has a named axis');
});

test('a gradient is taken in float32, to which casts lead', async () => {
  const x = input('x', 'float16', [3]);
  expect(() => gradients(reduceSum(cast(sin(x), 'float32')), [x])).toThrow(
    'operator Sin has no gradient in float16 (valid: float32)',
  );
  const [dx] = gradients(reduceSum(square(cast(x, 'float32'))), [x]);
  const [none] = gradients(reduceSum(sin(input('y', 'float32', [3]))), [x]);
  const half = tensor('float16', [3], Uint16Array.of(0x3c00, 0x4000, 0xc000)); // 1, 2, -2
  const result = await evaluate({ dx: cast(dx, 'float32'), none }, { x: half });
  expect(toNumbers(result.dx)).toEqual([2, 4, -4]);
  expect(result.none.dtype).toBe('float16');
});
