import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { broadcastShapes, normaliseAxis, product, quotient, staticShape } from './shape.ts';

/** A shape, and another that broadcasts to it: axes left out in front, others made 1. */
const broadcastable = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.nat(4),
  )
  .map(([full, ones, dropped]) => ({
    full,
    part: full.map((dim, i) => (ones[i] ? 1 : dim)).slice(dropped),
  }));

describe('broadcasting', () => {
  test('a shape that broadcasts to another gives that one, in either order', () => {
    fc.assert(
      fc.property(broadcastable, ({ full, part }) => {
        expect(broadcastShapes(full, part)).toEqual(full);
        expect(broadcastShapes(part, full)).toEqual(full);
      }),
    );
  });

  test('is associative', () => {
    const shapes = fc.array(fc.constantFrom(1, 3), { maxLength: 3 });
    fc.assert(
      fc.property(shapes, shapes, shapes, (a, b, c) => {
        const left = broadcastShapes(broadcastShapes(a, b), c);
        expect(left).toEqual(broadcastShapes(a, broadcastShapes(b, c)));
        expect(left).toEqual(broadcastShapes(a, b, c));
      }),
    );
  });

  test('keeps named axes', () => {
    expect(broadcastShapes(['batch', 1, 3], [4, 1])).toEqual(['batch', 4, 3]);
  });

  test('names both shapes where they do not fit', () => {
    expect(() => broadcastShapes([2, 3], [4])).toThrow('shapes [2, 3] and [4] do not broadcast');
    expect(() => broadcastShapes(['batch'], [4])).toThrow('shapes [batch] and [4] do not');
  });
});

describe('named axes', () => {
  test('multiply and divide as numbers do', () => {
    const dim = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(dim, dim, (a, b) => {
        expect(quotient(product([a, 'n', b]), a)).toEqual(product([b, 'n']));
        expect(quotient(product([a, 'n']), 'n')).toBe(a);
      }),
    );
  });

  test('cannot be multiplied with each other, or divided by what they need not contain', () => {
    expect(() => product(['n', 'm'])).toThrow('[n, m] has two named axes');
    expect(() => quotient('4*n', 3)).toThrow('4*n does not divide by 3');
  });

  test('have no static shape', () => {
    expect(() => staticShape(['n', 3])).toThrow('[n, 3] has a named axis; bind it to a number');
  });
});

test('axes count from either end', () => {
  expect(normaliseAxis(-1, 3)).toBe(2);
  expect(() => normaliseAxis(3, 3)).toThrow('axis 3 of a tensor of rank 3');
  expect(() => normaliseAxis(0.5, 3)).toThrow('axis 0.5');
});
