import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import {
  addProduct,
  addTransposedProduct,
  cholesky,
  invertLower,
  matrix,
  type Matrix,
} from './matrix.ts';

const side = fc.integer({ min: 1, max: 37 });

function noise(rows: number, columns: number, seed: number): Matrix {
  const random = counterRandom(seed);
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => random.normal()),
  );
}

function transposed({ rows, columns, data }: Matrix): Matrix {
  const place = (i: number): number => (i % rows) * columns + Math.floor(i / rows);
  return matrix(
    columns,
    rows,
    Float64Array.from(data, (_, i) => data[place(i)]),
  );
}

/** The textbook's order. */
function product(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, b.columns);
  out.data.forEach((_, at) => {
    const [i, j] = [Math.floor(at / b.columns), at % b.columns];
    for (let k = 0; k < a.columns; k++) {
      out.data[at] += a.data[i * a.columns + k] * b.data[k * b.columns + j];
    }
  });
  return out;
}

function expectClose(actual: Matrix, expected: Matrix): void {
  expect([actual.rows, actual.columns]).toEqual([expected.rows, expected.columns]);
  const worst = Math.max(...actual.data.map((value, i) => Math.abs(value - expected.data[i])));
  expect(worst).toBeLessThan(1e-9);
}

describe('matrices', () => {
  test('products agree with the textbook, whatever the shape', () => {
    fc.assert(
      fc.property(side, side, side, (n, k, m) => {
        const [a, b] = [noise(n, k, 1), noise(k, m, 2)];
        const plain = matrix(n, m);
        addProduct(a, b, plain);
        expectClose(plain, product(a, b));
        const turned = matrix(n, m);
        addTransposedProduct(transposed(a), b, turned);
        expectClose(turned, product(a, b));
      }),
    );
  });

  test('products are added to what is there', () => {
    const into = matrix(1, 1, Float64Array.of(5));
    addProduct(matrix(1, 2, Float64Array.of(1, 2)), matrix(2, 1, Float64Array.of(3, 4)), into);
    expect(into.data[0]).toBe(16);
  });

  test('a Cholesky factor gives the matrix back, and its inverse the identity', () => {
    const a = noise(9, 20, 3);
    const square = product(a, transposed(a));
    const l = cholesky(square);
    expectClose(product(l, transposed(l)), square);
    const identity = matrix(9, 9);
    for (let i = 0; i < 9; i++) identity.data[i * 9 + i] = 1;
    expectClose(product(invertLower(l), l), identity);
  });
});
