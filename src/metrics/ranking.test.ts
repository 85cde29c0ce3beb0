import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auroc, averagePrecision, Ranking } from './ranking.ts';

const samples = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 8 })), {
    minLength: 2,
    maxLength: 40,
  })
  .filter((pairs) => new Set(pairs.map(([label]) => label)).size === 2);

describe('ranking', () => {
  test('AUROC is the share of pairs in the right order, ties counting half', () => {
    fc.assert(
      fc.property(samples, (pairs) => {
        const positives = pairs.filter(([label]) => label === 1);
        const negatives = pairs.filter(([label]) => label === 0);
        const wins = positives.flatMap(([, p]) =>
          negatives.map(([, n]) => (p > n ? 1 : p === n ? 0.5 : 0)),
        );
        const expected = wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
        expect(auroc(...unzip(pairs))).toBeCloseTo(expected, 12);
      }),
    );
  });

  test('equal scores give AUROC one half and the share of positives as precision', () => {
    expect(auroc([1, 0, 0, 1, 0], [7, 7, 7, 7, 7])).toBe(0.5);
    expect(averagePrecision([1, 0, 0, 1, 0], [7, 7, 7, 7, 7])).toBeCloseTo(0.4);
  });

  test('average precision of a known ranking', () => {
    // Positives at the first, third and fourth place: (1 + 2/3 + 3/4) / 3.
    expect(averagePrecision([1, 0, 1, 1], [4, 3, 2, 1])).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3);
  });

  test('a draw of samples, by how often each is in it, is scored as those samples are', () => {
    const drawn = samples.chain((pairs) =>
      fc.tuple(
        fc.constant(pairs),
        fc.uint32Array({ min: 0, max: 3, minLength: pairs.length, maxLength: pairs.length }),
      ),
    );
    fc.assert(
      fc.property(drawn, ([pairs, weights]) => {
        const ranking = new Ranking(...unzip(pairs));
        const repeated = pairs.flatMap((pair, i) => Array.from({ length: weights[i] }, () => pair));
        const [labels, scores] = unzip(repeated);
        const kinds = new Set(labels);
        const [area, precision] = [ranking.auroc(weights), ranking.averagePrecision(weights)];
        if (kinds.size === 2) expect(area).toBeCloseTo(auroc(labels, scores), 12);
        else expect(area).toBeNull();
        if (kinds.has(1)) expect(precision).toBeCloseTo(averagePrecision(labels, scores), 12);
        else expect(precision).toBeNull();
      }),
    );
  });

  test('refuses a set of one kind, and scores that are no numbers', () => {
    expect(() => auroc([1, 1], [0, 1])).toThrow('positive and negative');
    expect(() => averagePrecision([0, 0], [0, 1])).toThrow('positive samples');
    expect(() => auroc([0, 1], [Number.NaN, 1])).toThrow('not a number');
  });
});

function unzip(pairs: readonly (readonly [number, number])[]): [number[], number[]] {
  return [pairs.map(([label]) => label), pairs.map(([, score]) => score)];
}
