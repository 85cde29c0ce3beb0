import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filePicture, type Sample } from '../data/sample.ts';
import { preprocessor } from '../data/preprocess.ts';
import { preprocessorConfig } from '../data/preprocessor-config.ts';
import { classification } from '../tasks/classification.ts';
import { taskNamed } from '../tasks/registry.ts';
import { balancedWeights, labelWeights, requireWeightable } from './class-weights.ts';
import { plainRows } from './plain-rows.ts';

const counts = fc
  .array(fc.integer({ min: 0, max: 500 }), { minLength: 2, maxLength: 8 })
  .filter((list) => list.some((count) => count > 0));
const sharesOf = (list: readonly number[]): number[] => {
  const n = list.reduce((a, b) => a + b, 0);
  return list.map((count) => count / n);
};

describe('balancedWeights', () => {
  it('weigh one on average over the pictures, and rare classes no less than frequent ones', () => {
    fc.assert(
      fc.property(counts, (list) => {
        const shares = sharesOf(list);
        const weights = balancedWeights(shares);
        expect(weights.reduce((sum, weight, c) => sum + weight * shares[c], 0)).toBeCloseTo(1, 10);
        const known = weights.filter((weight) => weight > 0);
        expect(Math.max(...known)).toBeLessThanOrEqual(10);
        expect(Math.min(...known)).toBeGreaterThanOrEqual(0.1);
        list.forEach((count, a) =>
          list.forEach((other, b) => {
            if (count > 0 && count < other) expect(weights[a]).toBeGreaterThanOrEqual(weights[b]);
          }),
        );
      }),
    );
  });

  it('make classes count alike, unless one is very rare', () => {
    // As sklearn.utils.compute_class_weight('balanced') has them.
    const weights = balancedWeights(sharesOf([826, 822, 395, 827]));
    [0.868644, 0.87287, 1.816456, 0.867594].forEach((wanted, c) =>
      expect(weights[c]).toBeCloseTo(wanted, 5),
    );
    const rare = balancedWeights([0.9995, 0.0005]);
    expect(rare[1]).toBe(10);
    expect(rare[0]).toBeCloseTo((1 - 0.0005 * 10) / 0.9995, 10);
  });
});

describe('rows', () => {
  const samples = [0, 0, 0, 1].map((label, i): Sample<number> => ({
    ...filePicture(`${i}`),
    stratum: label,
    label: () => Promise.resolve(label),
  }));

  it('count as much as their classes', async () => {
    const weightOf = labelWeights(classification, { classWeights: 'balanced' }, [0.75, 0.25]);
    const options = {
      preprocessor: preprocessor(preprocessorConfig.parse({ size: 1 })),
      labelSmoothing: 0.1,
      seed: 1,
    };
    const rows = plainRows(
      classification,
      { samples, classes: ['a', 'b'] },
      { ...options, weightOf },
    );
    const sums: number[][] = [[], []];
    for (const row of rows.epoch(0)) {
      const into = new Float32Array(2);
      const label = await row.label();
      row.target(label, into);
      sums[label].push(into[0] + into[1]);
    }
    const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
    expect(total(sums[0])).toBeCloseTo(total(sums[1]), 5);
    expect(total(sums.flat())).toBeCloseTo(4, 5);
    expect(labelWeights(classification, {}, [0.75, 0.25])).toBeUndefined();
  });

  it('of several classes have none', () => {
    requireWeightable(classification, { classWeights: 'balanced' });
    requireWeightable(taskNamed('multi-label'), {});
    for (const name of ['multi-label', 'segmentation'] as const) {
      expect(() => requireWeightable(taskNamed(name), { classWeights: 'balanced' })).toThrow(
        `there are no class weights for ${name} (valid: classification)`,
      );
    }
  });
});
