import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { int64, toNumbers, type Tensor } from '../../tensor/tensor.ts';
import { conv } from '../ops/conv/ops.ts';
import { gather } from '../ops/gather/ops.ts';
import { pad } from '../ops/movement/pad.ts';
import { averagePool } from '../ops/pool/ops.ts';
import { resize, type ResizeOptions } from '../ops/resize/ops.ts';
import { evaluate } from '../testing/evaluate.ts';
import { waves } from '../testing/finite-differences.ts';
import { constant, input, shapeOf, type Value } from '../value.ts';
import { gradients } from './gradients.ts';

/** A linear function, and the shape of what it takes. */
interface Linear {
  /** For the words of a failure. */
  readonly drawn: unknown;
  readonly shape: readonly number[];
  readonly of: (x: Value) => Value;
}

const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const pairOf = (min: number, max: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(between(min, max), between(min, max));
const ends = (min: number): fc.Arbitrary<[[number, number], [number, number]]> =>
  fc.tuple(pairOf(min, 2), pairOf(min, 2));

const resizing: fc.Arbitrary<ResizeOptions> = fc
  .record({
    target: fc.oneof(
      fc.record({ size: pairOf(2, 9) }),
      fc.record({ scale: fc.tuple(...[0, 1].map(() => fc.constantFrom(0.6, 1, 1.2, 1.5, 2))) }),
    ),
    how: fc.oneof(
      fc.record({ mode: fc.constantFrom('nearest', 'nearest-exact') }),
      fc.record({ mode: fc.constantFrom('linear', 'cubic'), alignCorners: fc.boolean() }),
      fc.record({ mode: fc.constantFrom('linear', 'cubic'), antialias: fc.boolean() }),
    ),
  })
  .map(({ target, how }) => ({ ...target, ...how }));

const functions: Readonly<Record<string, fc.Arbitrary<Linear>>> = {
  conv: fc
    .record({
      lengths: pairOf(5, 8),
      kernel: pairOf(1, 3),
      stride: pairOf(1, 3),
      padding: pairOf(0, 2),
      dilation: pairOf(1, 2),
      groups: fc.constantFrom(1, 2, 4),
    })
    .map(({ lengths, kernel, ...options }) => ({
      drawn: { kernel, ...options },
      shape: [2, 4, ...lengths],
      of: (x) => conv(x, constant(waves([4, 4 / options.groups, ...kernel])), undefined, options),
    })),
  averagePool: fc
    .record({
      length: between(3, 9),
      kernel: between(2, 3),
      stride: between(1, 4),
      padding: between(0, 1),
      ceil: fc.boolean(),
      countIncludePad: fc.boolean(),
    })
    .map(({ length, ...options }) => ({
      drawn: options,
      shape: [2, 3, length],
      of: (x) => averagePool(x, options),
    })),
  resize: fc.tuple(pairOf(2, 6), resizing).map(([lengths, options]) => ({
    drawn: options,
    shape: [1, 2, ...lengths],
    of: (x) => resize(x, options),
  })),
  pad: fc
    .oneof(
      fc.tuple(fc.constant('constant' as const), ends(-1)),
      fc.tuple(fc.constantFrom('reflect', 'edge', 'wrap'), ends(0)),
    )
    .map(([mode, [rows, columns]]) => ({
      drawn: { mode, rows, columns },
      shape: [3, 4],
      of: (x) => pad(x, { 0: rows, 1: columns }, mode),
    })),
  gather: fc
    .tuple(fc.constantFrom(0, 1), fc.array(between(-3, 2), { minLength: 1, maxLength: 5 }))
    .map(([axis, indices]) => ({
      drawn: { axis, indices },
      shape: [3, 4],
      of: (x) => gather(x, constant(int64([indices.length], indices)), axis),
    })),
};

function dot(a: Tensor, b: Tensor): number {
  const other = toNumbers(b);
  return toNumbers(a).reduce((sum, value, i) => sum + value * other[i], 0);
}

/** <dx, u> = <dy, f(u)>: what a gradient rule of a linear function has to hold for any u and dy. */
test.each(Object.entries(functions))('the gradient of %s is its transpose', async (_, linear) => {
  await fc.assert(
    fc.asyncProperty(linear, async ({ shape, of }) => {
      const x = input('x', 'float32', shape);
      const y = of(x);
      const [dx] = gradients(y, [x], input('dy', 'float32', shapeOf(y)));
      const feeds = { x: waves(shape, 1.7), dy: waves(shapeOf(y), 2.9) };
      const computed = await evaluate({ y, dx }, feeds);
      expect(computed.y.shape).toEqual(shapeOf(y));
      const [there, back] = [dot(feeds.dy, computed.y), dot(computed.dx, feeds.x)];
      expect(Math.abs(there - back)).toBeLessThan(1e-4 * (1 + Math.abs(there)));
    }),
    { numRuns: 40 },
  );
});
