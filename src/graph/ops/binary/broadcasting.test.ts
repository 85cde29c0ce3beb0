import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { float32, sizeOf, toNumbers, type Tensor } from '../../../tensor/tensor.ts';
import { gradients } from '../../autodiff/gradients.ts';
import { evaluate } from '../../testing/evaluate.ts';
import { reduceSum } from '../reduction/ops.ts';
import { input, shapeOf } from '../../value.ts';
import { add, div, maximum, mul, sub } from './ops.ts';

/** The element of `t` that takes part in the element of `shape` with the flat index `flat`. */
function elementAt(
  { shape, data }: Tensor<'float32'>,
  flat: number,
  full: readonly number[],
): number {
  let rest = flat;
  let index = 0;
  let stride = 1;
  for (let axis = full.length - 1; axis >= 0; axis--) {
    const position = rest % full[axis];
    rest = Math.floor(rest / full[axis]);
    const dim = shape[axis - full.length + shape.length] ?? 1;
    if (dim > 1) index += position * stride;
    stride *= dim;
  }
  return data[index];
}

const operations = {
  add: { of: add, naive: (a: number, b: number) => a + b },
  sub: { of: sub, naive: (a: number, b: number) => a - b },
  mul: { of: mul, naive: (a: number, b: number) => a * b },
  div: { of: div, naive: (a: number, b: number) => a / b },
  maximum: { of: maximum, naive: Math.max },
};

const operand = (full: readonly number[]): fc.Arbitrary<Tensor<'float32'>> =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
      fc.nat(full.length),
    )
    .map(([ones, dropped]) => full.map((dim, i) => (ones[i] ? 1 : dim)).slice(dropped))
    .chain((shape) =>
      fc
        .array(fc.integer({ min: 1, max: 9 }), {
          minLength: sizeOf(shape),
          maxLength: sizeOf(shape),
        })
        .map((values) => float32(shape, values)),
    );

const operands = fc
  .array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 })
  .chain((full) => fc.tuple(operand(full), operand(full)));

test.each(Object.entries(operations))('%s broadcasts as defined', async (_, { of, naive }) => {
  await fc.assert(
    fc.asyncProperty(operands, async ([a, b]) => {
      const inputs = [input('a', 'float32', a.shape), input('b', 'float32', b.shape)];
      const y = of(inputs[0], inputs[1]);
      const result = await evaluate({ y }, { a, b });
      const shape = shapeOf(y);
      expect(result.y.shape).toEqual(shape);
      const expected = Array.from({ length: sizeOf(shape) }, (_unused, i) =>
        Math.fround(naive(elementAt(a, i, shape), elementAt(b, i, shape))),
      );
      expect(toNumbers(result.y)).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test('gradients are summed over what was broadcast', async () => {
  await fc.assert(
    fc.asyncProperty(operands, async ([a, b]) => {
      const inputs = [input('a', 'float32', a.shape), input('b', 'float32', b.shape)];
      const y = mul(inputs[0], inputs[1]);
      const [da] = gradients(reduceSum(y), inputs);
      const result = await evaluate({ da }, { a, b });
      expect(result.da.shape).toEqual(a.shape);
      // The sum of all products is linear in a: its gradient times a gives it back.
      const total = toNumbers(result.da).reduce((sum, g, i) => sum + g * a.data[i], 0);
      const shape = shapeOf(y);
      const expected = Array.from(
        { length: sizeOf(shape) },
        (_unused, i) => elementAt(a, i, shape) * elementAt(b, i, shape),
      ).reduce((sum, term) => sum + term, 0);
      expect(total).toBeCloseTo(expected, 2);
    }),
    { numRuns: 30 },
  );
});
