import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Measure, Target } from './measures.ts';
import { summarise } from './summary.ts';

interface Run {
  readonly a: number;
  readonly b: number | null;
}

const atLeastOne: Target = { says: 'at least 1', holds: (value) => value >= 1 };

const difference: Measure<Run> = {
  label: 'a - b',
  of: ({ a, b }) => (b === null ? null : a - b),
  digits: 1,
  target: atLeastOne,
};

it('takes differences within each run: what the runs have in common is no spread', () => {
  const runs = [10, 40, 90].map((b) => ({ a: b + 2, b }));
  expect(summarise(difference, runs)).toEqual({
    mean: 2,
    half: 0,
    lowest: 2,
    highest: 2,
    n: 3,
    meeting: 3,
    met: true,
  });
});

it("gives half of Student's interval", () => {
  const runs = [1, 2, 3].map((a) => ({ a, b: 0 }));
  // t(0.975, 2) = 4.30265; the standard error is 1 / sqrt(3).
  expect(summarise(difference, runs)!.half).toBeCloseTo(4.30265 / Math.sqrt(3), 4);
});

it('judges the mean and counts the runs', () => {
  const runs = [-1, 0, 10].map((a) => ({ a, b: 0 }));
  expect(summarise(difference, runs)).toMatchObject({ met: true, meeting: 1, n: 3 });
  expect(summarise(difference, runs.slice(0, 2))).toMatchObject({ met: false, meeting: 0, n: 2 });
});

it('has no interval for one run, no verdict without a target, and nothing for no run', () => {
  const plain: Measure<Run> = { label: 'a', of: ({ a }) => a, digits: 1 };
  expect(summarise(plain, [{ a: 7, b: null }])).toEqual({
    mean: 7,
    half: null,
    lowest: 7,
    highest: 7,
    n: 1,
    meeting: null,
    met: null,
  });
  expect(summarise(difference, [{ a: 7, b: null }])).toBeUndefined();
  expect(summarise(plain, [])).toBeUndefined();
});

it('counts the runs that have the measure only', () => {
  const runs = [
    { a: 3, b: 1 },
    { a: 9, b: null },
    { a: 5, b: 1 },
  ];
  expect(summarise(difference, runs)).toMatchObject({ mean: 3, n: 2 });
});

it('counts a number that several runs share once', () => {
  const runs = [1, 1, 1, 2, 2, 2, 3, 3, 3].map((a) => ({ a, b: 0 }));
  const shared = { ...difference, once: ({ a }: Run) => a };
  expect(summarise(shared, runs)).toEqual(
    summarise(
      difference,
      [1, 2, 3].map((a) => ({ a, b: 0 })),
    ),
  );
});

it('holds the mean between the lowest and the highest, in any order of runs', () => {
  const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 9 });
  fc.assert(
    fc.property(values, (list) => {
      const runs = list.map((a) => ({ a, b: 0 }));
      const { mean, half, lowest, highest } = summarise(difference, runs)!;
      const tolerance = 1e-9;
      expect(mean).toBeGreaterThanOrEqual(lowest - tolerance);
      expect(mean).toBeLessThanOrEqual(highest + tolerance);
      expect(half).toBeGreaterThanOrEqual(0);
      expect(summarise(difference, runs.toReversed())!.half).toBeCloseTo(half!, 6);
    }),
  );
});
