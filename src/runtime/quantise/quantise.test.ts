import { describe, expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { linear } from '../../graph/functions/linear.ts';
import { graphOf } from '../../graph/graph.ts';
import { conv, type ConvOptions } from '../../graph/ops/conv/ops.ts';
import { gather } from '../../graph/ops/gather/ops.ts';
import { matmul } from '../../graph/ops/matmul/ops.ts';
import { matrixTranspose, shapeOps } from '../../graph/ops/movement/shape-ops.ts';
import { add } from '../../graph/ops/binary/ops.ts';
import { apply, ints, input, parameter, type Value } from '../../graph/value.ts';
import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { Session, type Precision } from '../session.ts';
import { quantiseWeights } from './int8.ts';
import { largestWeight } from './saturation.ts';

const random = counterRandom(7);
const normal = (shape: readonly number[]): Tensor<'float32'> =>
  float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );

describe('quantiseWeights', () => {
  it('puts taps before channels, a column for each output', () => {
    // [O, C, taps] = [2, 2, 3]; the largest of each output becomes 127.
    const w = float32([2, 2, 3], [1, 2, 3, 4, 5, 127, -254, 0, 2, 4, 6, 8]);
    const { q, scale } = quantiseWeights(w, 127);
    expect([...scale.data]).toEqual([1, 2]);
    expect(q.shape).toEqual([6, 2]);
    expect([...q.data]).toEqual([1, -127, 4, 2, 2, 0, 5, 3, 3, 1, 127, 4]);
  });

  it('keeps to the largest integer, and zeros at zero', () => {
    const { q, scale } = quantiseWeights(float32([2, 1, 2], [0, 0, 9, -9]), 63);
    expect([...q.data]).toEqual([0, 63, 0, -63]);
    expect(scale.data[0]).toBe(0);
  });
});

/** 20 log10 of the size of the result over the size of the difference. */
async function decibels(
  y: Value,
  x: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
): Promise<number> {
  const run = async (precision: Precision): Promise<Float32Array> => {
    const session = await Session.create(graphOf({ y }), { parameters, precision });
    const { y: result } = await session.run({ x });
    await session.dispose();
    return result.data as Float32Array;
  };
  const [exact, rounded] = [await run('float32'), await run('int8')];
  const norm = (values: Float32Array): number => Math.hypot(...values);
  return 20 * Math.log10(norm(exact) / norm(exact.map((value, i) => value - rounded[i])));
}

describe('a session in integers', () => {
  it('multiplies by large weights, and leaves small ones alone', async () => {
    const x = normal([2, 5, 256]);
    const parameters = new Map([
      ['w', normal([256, 256])],
      ['b', normal([256])],
      ['small', normal([4, 256])],
    ]);
    const given = input('x', 'float32', x.shape);
    const [w, b, small] = [...parameters].map(([name, { shape }]) => parameter(name, shape));
    expect(await decibels(linear(given, w, b), x, parameters)).toBeGreaterThan(35);
    expect(await decibels(linear(given, w, b), x, parameters)).toBeLessThan(60);
    expect(await decibels(linear(given, small), x, parameters)).toBe(Infinity);
  });

  it('leaves alone what is no matrix that is transposed', async () => {
    const x = normal([2, 5, 256]);
    const given = input('x', 'float32', x.shape);
    const [w, stack] = [normal([256, 256]), normal([2, 256, 256])];
    const [same] = apply(shapeOps.Transpose, [parameter('w', w.shape)], { perm: [0, 1] });
    const turned = matrixTranspose(parameter('stack', stack.shape));
    expect(await decibels(matmul(given, same), x, new Map([['w', w]]))).toBe(Infinity);
    expect(await decibels(matmul(given, turned), x, new Map([['stack', stack]]))).toBe(Infinity);
  });

  it('keeps a weight that is also looked up', async () => {
    const w = normal([256, 256]);
    const tied = parameter('w', w.shape);
    const x = normal([2, 256]);
    const y = add(gather(tied, ints([3, 1])), linear(input('x', 'float32', x.shape), tied));
    expect(await decibels(y, x, new Map([['w', w]]))).toBeGreaterThan(35);
  });

  it.each<[string, number, ConvOptions]>([
    ['3x3', 3, { padding: 1 }],
    ['1x1', 1, {}],
    ['with a stride, padded on one side', 3, { stride: 2, padding: [0, 1, 1, 2] }],
    ['dilated', 3, { padding: 2, dilation: [2, 1] }],
  ])('convolves %s', async (_, kernel, options) => {
    const channels = kernel === 1 ? 256 : 96;
    const x = normal([2, channels, 6, 8]);
    const parameters = new Map([
      ['w', normal([channels, channels, kernel, kernel])],
      ['b', normal([channels])],
    ]);
    const [w, b] = [...parameters].map(([name, { shape }]) => parameter(name, shape));
    const y = conv(input('x', 'float32', x.shape), w, b, options);
    // Weights have a bit less on processors that would overflow.
    const least = (await largestWeight()) === 127 ? 35 : 33;
    expect(await decibels(y, x, parameters)).toBeGreaterThan(least);
  });
});
