import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evaluate } from '../../graph/testing/evaluate.ts';
import { constant } from '../../graph/value.ts';
import { float32, toNumbers } from '../../tensor/tensor.ts';
import { assemble, partition, relativePositions, shiftBias } from './swin-windows.ts';

const counted = (shape: readonly number[]) =>
  float32(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i + 1),
  );

it('windows go row by row, and after a move begin where it ended', async () => {
  const x = constant(counted([1, 4, 4, 1]));
  const grid = [4, 4] as const;
  const { still, moved } = await evaluate({
    still: partition(x, { side: 2, shift: 0, grid }),
    moved: partition(x, { side: 2, shift: 1, grid }),
  });
  expect(still.shape).toEqual([1, 4, 4, 1]);
  expect(toNumbers(still)).toEqual([1, 2, 5, 6, 3, 4, 7, 8, 9, 10, 13, 14, 11, 12, 15, 16]);
  expect(toNumbers(moved)).toEqual([6, 7, 10, 11, 8, 5, 12, 9, 14, 15, 2, 3, 16, 13, 4, 1]);
});

it('assemble undoes partition, whatever the sizes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        side: fc.integer({ min: 1, max: 4 }),
        rows: fc.integer({ min: 4, max: 9 }),
        columns: fc.integer({ min: 4, max: 9 }),
        shifts: fc.boolean(),
      }),
      async ({ side, rows, columns, shifts }) => {
        const x = counted([2, rows, columns, 3]);
        const windows = {
          side,
          shift: shifts ? Math.floor(side / 2) : 0,
          grid: [rows, columns],
        } as const;
        const { y } = await evaluate({ y: assemble(partition(constant(x), windows), windows) });
        expect(y.shape).toEqual(x.shape);
        expect(toNumbers(y)).toEqual(toNumbers(x));
      },
    ),
    { numRuns: 20 },
  );
});

it('a moved window lets only neighbours attend to each other', () => {
  const windows = { side: 2, shift: 1, grid: [4, 4] } as const;
  const { shape, data } = shiftBias(windows);
  expect(shape).toEqual([4, 1, 4, 4]);
  const free = (window: number): number =>
    data.subarray(16 * window, 16 * (window + 1)).filter((bias) => bias === 0).length;
  // Whole; two halves side by side; two halves one above the other; four corners.
  expect([0, 1, 2, 3].map(free)).toEqual([16, 8, 8, 4]);
});

it('pairs of the same distance share a row of the table', () => {
  const rows = toNumbers(relativePositions(2));
  // Of tokens 0 1 / 2 3: 0 to 1 is as 2 to 3, 0 to 2 as 1 to 3; a token to itself is the middle.
  const row = (a: number, b: number): number => rows[4 * a + b];
  expect(row(0, 1)).toBe(row(2, 3));
  expect(row(0, 2)).toBe(row(1, 3));
  expect([0, 1, 2, 3].map((i) => row(i, i))).toEqual([4, 4, 4, 4]);
  expect(new Set(rows).size).toBe(9);
});
