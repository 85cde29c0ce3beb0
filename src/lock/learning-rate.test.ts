import { describe, expect, it } from 'vitest';
import { learningRateOf, stepsOf, type LearningRate } from './learning-rate.ts';

/** The rate at each step. */
function rates(rate: LearningRate, rows: number, batch: number): number[] {
  const steps = stepsOf(rows, { epochs: rate.epochs, batch });
  const { peak, schedule } = learningRateOf(rate, steps);
  return Array.from({ length: steps.count }, (_, step) => peak * schedule(step));
}

describe('stepsOf', () => {
  it('fills the last batch of an epoch, and rounds a broken number of epochs', () => {
    const steps = stepsOf(10, { epochs: 3, batch: 4 });
    expect(steps).toEqual({ batch: 4, rowsAtOnce: 4, perEpoch: 3, count: 9 });
    expect(stepsOf(10, { epochs: 0.5, batch: 4 }).count).toBe(2);
  });

  it('takes no more rows than there are, and one step at least', () => {
    const steps = stepsOf(3, { epochs: 0.01, batch: 64 });
    expect(steps).toEqual({ batch: 3, rowsAtOnce: 3, perEpoch: 1, count: 1 });
  });

  it('divides steps into equal parts, the smaller steps of few rows as well', () => {
    const sizes = { epochs: 1, batch: 64, accumulate: 4 };
    expect(stepsOf(1000, sizes)).toMatchObject({ batch: 64, rowsAtOnce: 16, perEpoch: 16 });
    expect(stepsOf(50, sizes)).toMatchObject({ batch: 48, rowsAtOnce: 12, perEpoch: 2 });
    expect(stepsOf(3, sizes)).toMatchObject({ batch: 4, rowsAtOnce: 1, perEpoch: 1 });
  });
});

describe('learningRateOf', () => {
  it('warms up for a share of the steps', () => {
    const all = rates({ epochs: 4, learningRate: 0.5, warmup: 0.25 }, 8, 2);
    expect(all.slice(0, 5)).toEqual([0.125, 0.25, 0.375, 0.5, 0.5]);
    expect(all[15]).toBeLessThan(0.01);
  });

  it('warms up for a number of epochs', () => {
    const all = rates({ epochs: 4, learningRate: 1, warmup: { epochs: 2 } }, 4, 2);
    expect(all.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
  });

  it('goes with the batch, also where there are fewer rows than it takes', () => {
    const rate = { epochs: 1, learningRate: { base: 1e-3, per: 256 }, warmup: 0 };
    expect(rates(rate, 2048, 1024)[0]).toBeCloseTo(4e-3, 12);
    expect(rates(rate, 64, 1024)[0]).toBeCloseTo(2.5e-4, 12);
  });

  it('ends at its least', () => {
    const rate = { epochs: 100, learningRate: 1e-2, minLearningRate: 1e-3, warmup: 0 };
    const all = rates(rate, 10, 1);
    expect(all.at(-1)).toBeCloseTo(1e-3, 5);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(1e-3);
  });
});
