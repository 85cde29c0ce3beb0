import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assign } from './hungarian.ts';

const matrix = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([rows, columns]) =>
    fc.tuple(
      fc.constant([rows, columns] as const),
      fc.array(fc.integer({ min: -9, max: 9 }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      }),
    ),
  );

describe('assignment', () => {
  test('no other assignment costs less', () => {
    fc.assert(
      fc.property(matrix, fc.boolean(), ([shape, cost], maximise) => {
        const found = assign(cost, shape, { maximise });
        const totals = everyTotal(cost, shape);
        expect(found.total).toBe(maximise ? Math.max(...totals) : Math.min(...totals));
      }),
    );
  });

  test('is one to one and as large as it can be', () => {
    fc.assert(
      fc.property(matrix, ([shape, cost]) => {
        const { rows, columns } = assign(cost, shape);
        expect(rows.length).toBe(Math.min(...shape));
        expect(new Set(rows).size).toBe(rows.length);
        expect(new Set(columns).size).toBe(columns.length);
        expect([...rows].sort((a, b) => a - b)).toEqual(rows);
      }),
    );
  });

  test('refuses holes and infinities', () => {
    expect(() => assign([1, 2, 3], [2, 2])).toThrow('3 costs do not fill [2, 2]');
    expect(() => assign([1, Infinity], [1, 2])).toThrow('cost 1 is Infinity');
  });
});

/** The totals of all assignments of the smaller side. */
function everyTotal(cost: readonly number[], [rows, columns]: readonly [number, number]): number[] {
  const at = (i: number, j: number): number =>
    rows <= columns ? cost[i * columns + j] : cost[j * columns + i];
  const [n, m] = [Math.min(rows, columns), Math.max(rows, columns)];
  const from = (i: number, taken: readonly number[]): number[] =>
    i === n
      ? [0]
      : Array.from({ length: m }, (_, j) => j)
          .filter((j) => !taken.includes(j))
          .flatMap((j) => from(i + 1, [...taken, j]).map((rest) => rest + at(i, j)));
  return from(0, []);
}
