import { expect, test } from 'vitest';
import { warmupCosine } from './schedule.ts';

test('warmupCosine rises in a line, then falls along half a cosine', () => {
  const schedule = warmupCosine({ steps: 12, warmup: 4 });
  const expected = [0.25, 0.5, 0.75, 1, 1, 0.96194, 0.853553, 0.691342, 0.5];
  expected.forEach((value, step) => expect(schedule(step)).toBeCloseTo(value, 5));
  expect(schedule(12)).toBeCloseTo(0, 12);
  expect(schedule(100)).toBeCloseTo(0, 12);
});

test('warmupCosine ends at its floor', () => {
  const schedule = warmupCosine({ steps: 8, warmup: 0, floor: 0.2 });
  expect(schedule(0)).toBe(1);
  expect(schedule(4)).toBeCloseTo(0.6, 12);
  expect(schedule(8)).toBeCloseTo(0.2, 12);
});

test('warmupCosine stays finite where the warm-up takes all steps', () => {
  const schedule = warmupCosine({ steps: 3, warmup: 3 });
  expect([0, 1, 2, 3].map(schedule)).toEqual([1 / 3, 2 / 3, 1, 1]);
});
