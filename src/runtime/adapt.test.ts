import { expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { adapted, type AdaptedWeight } from '../formats/adapted-weight.ts';
import type { StoredTensor } from '../formats/stored-tensor.ts';
import { graphOf } from '../graph/graph.ts';
import { linear } from '../graph/functions/linear.ts';
import { conv } from '../graph/ops/conv/ops.ts';
import { input, parameter, type Value } from '../graph/value.ts';
import { toFloat16 } from '../tensor/convert.ts';
import { float32, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { Session, type Precision } from './session.ts';
import type { Weight } from './stored-parameters.ts';

const random = counterRandom(3);
const normal = (shape: readonly number[]): Tensor<'float32'> =>
  float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );
const stored = (t: Tensor): StoredTensor => ({ ...t, read: () => Promise.resolve(t) });

async function run(
  y: Value,
  x: Tensor,
  weight: Weight,
  precision: Precision = 'float32',
): Promise<Float32Array> {
  const session = await Session.create(graphOf({ y }), {
    parameters: new Map([['w', weight]]),
    precision,
  });
  const { y: result } = await session.run({ x });
  await session.dispose();
  return result.data as Float32Array;
}

it.each<[string, number[], number[], number[], number[]]>([
  ['a linear layer', [3, 8], [6, 8], [2, 8], [6, 2]],
  ['a convolution', [1, 4, 5, 5], [6, 4, 3, 3], [2, 4, 3, 3], [6, 2, 1, 1]],
])('adds two changes of low rank to the weight of %s', async (_, inputs, whole, down, up) => {
  const x = normal(inputs);
  const [base, d1, u1, d2, u2] = [whole, down, up, down, up].map(normal);
  const weight: AdaptedWeight = {
    base: stored(base),
    updates: [
      { down: stored(d1), up: stored(toFloat16(u1)), scale: 0.5 },
      { down: stored(d2), up: stored(u2), scale: -2 },
    ],
  };
  const given = input('x', 'float32', inputs);
  const w = parameter('w', whole);
  const y = inputs.length === 2 ? linear(given, w) : conv(given, w);
  const merged = await adapted(weight);
  const expected = await run(y, x, merged);
  (await run(y, x, weight)).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
  // By hand, the first element.
  const taps = down.length > 2 ? 9 : 1;
  const sum = [0, 1].reduce(
    (total, r) =>
      total +
      0.5 * Math.fround(u1.data[r]) * d1.data[r * whole[1] * taps] -
      2 * u2.data[r] * d2.data[r * whole[1] * taps],
    base.data[0],
  );
  expect(merged.data[0]).toBeCloseTo(sum, 2);
});

it('is rounded with its changes where layers are computed in integers', async () => {
  const x = normal([4, 256]);
  const [base, down, up] = [
    [256, 256],
    [4, 256],
    [256, 4],
  ].map(normal);
  const weight = {
    base: stored(base),
    updates: [{ down: stored(down), up: stored(up), scale: 1 }],
  };
  const y = linear(input('x', 'float32', [4, 256]), parameter('w', [256, 256]));
  expect(await run(y, x, weight, 'int8')).toEqual(await run(y, x, await adapted(weight), 'int8'));
});
