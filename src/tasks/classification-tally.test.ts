import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { auroc } from '../metrics/ranking.ts';
import { tensor } from '../tensor/tensor.ts';
import { affordableDraws } from './against-rest.ts';
import { ClassificationTally } from './classification-tally.ts';
import { MultiLabelTally } from './multi-label-tally.ts';
import type { Outcome } from './tally.ts';

function classified(
  truths: readonly number[],
  logits: readonly number[],
  classes: number,
): Outcome {
  const tally = new ClassificationTally(classes);
  tally.add(tensor('float32', [truths.length, classes], Float32Array.from(logits)), truths);
  return tally.outcome();
}

describe('tallies', () => {
  it('take more answers at once than a call has room for arguments', () => {
    const n = 200_000;
    const logits = tensor('float32', [n, 2], new Float32Array(2 * n));
    const classes = new ClassificationTally(2);
    classes.add(logits, new Array<number>(n).fill(0));
    expect(classes.outcome()).toMatchObject({ n, score: 1 });
    const labels = new MultiLabelTally(2);
    labels.add(logits, new Array<number[]>(n).fill([0]));
    expect(labels.outcome().n).toBe(n);
  });
});

describe('measures of classes', () => {
  it('of two: each is what the other is not', () => {
    // Guesses: 0, 0, 1, 1, 1, 0.
    const truths = [0, 0, 0, 1, 1, 1];
    const logits = [2, 0, 1, 0, 0, 1, 0, 3, 0, 2, 0.5, 0];
    const outcome = classified(truths, logits, 2);
    const { overall, perClass } = outcome.measures(counterRandom(1));
    expect(outcome.score).toBeCloseTo(4 / 6);
    expect(overall['balanced accuracy'].value).toBeCloseTo(4 / 6);
    const [first, second] = perClass;
    expect(second.sensitivity.value).toBeCloseTo(2 / 3);
    expect(second.specificity.value).toBeCloseTo(2 / 3);
    expect(first.sensitivity).toEqual(second.specificity);
    expect(first.AUROC.value).toBeCloseTo(second.AUROC.value, 12);
    const margins = [-2, -1, 1, 3, 2, -0.5];
    expect(second.AUROC.value).toBeCloseTo(auroc(truths, margins), 12);
    expect(overall['macro AUROC'].value).toBeCloseTo(second.AUROC.value, 12);
  });

  it('of a class that does not occur: nothing but who was taken for it', () => {
    const outcome = classified([0, 1, 0], [1, 0, 0, 0, 1, 0, 0, 0, 1], 3);
    const { overall, perClass } = outcome.measures(counterRandom(1));
    expect(perClass[2]).toEqual({
      specificity: expect.objectContaining({ value: 2 / 3 }) as unknown,
    });
    expect(overall['balanced accuracy'].value).toBeCloseTo((1 / 2 + 1) / 2);
    expect(outcome.perClass[2]).toEqual({ n: 0, score: null });
  });

  it('have intervals that narrow with more pictures and hold the value', () => {
    const random = counterRandom(5);
    const width = (n: number): number => {
      const truths = Array.from({ length: n }, (_, i) => (i % 10 === 0 ? 1 : 0));
      const logits = truths.flatMap((truth) => [0, truth + 1.5 * random.normal()]);
      const { overall } = classified(truths, logits, 2).measures(counterRandom(1));
      for (const { value, low, high } of Object.values(overall)) {
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
      }
      return overall['macro AUROC'].high - overall['macro AUROC'].low;
    };
    expect(width(2000)).toBeLessThan(0.6 * width(200));
  });

  it('are drawn as often as does not take long', () => {
    expect(affordableDraws(394, 4)).toBe(2000);
    expect(affordableDraws(10_000, 10)).toBe(1000);
    expect(affordableDraws(10_000, 1000)).toBe(200);
  });
});

it('several labels: a class is said to be there where its logit is above 0', () => {
  const tally = new MultiLabelTally(2);
  const logits = Float32Array.from([1, -1, 1, 1, -1, -1, -1, 2]);
  tally.add(tensor('float32', [4, 2], logits), [[0], [1], [], [0, 1]]);
  const { perClass } = tally.outcome().measures(counterRandom(1));
  expect(
    perClass.map(({ sensitivity, specificity }) => [sensitivity.value, specificity.value]),
  ).toEqual([
    [1 / 2, 1 / 2],
    [1, 1],
  ]);
  expect(perClass[1].AUROC.value).toBe(1);
});
