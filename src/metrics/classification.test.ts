import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accuracy, accuracyOf, balancedAccuracy, macroF1, recalls } from './classification.ts';
import { classCounts, confusionMatrix } from './confusion.ts';
import { intersectionsOverUnion, meanIntersectionOverUnion } from './segmentation.ts';

const classes = 4;
const label = fc.integer({ min: 0, max: classes - 1 });
const pairs = fc.array(fc.tuple(label, label), { minLength: 1, maxLength: 60 });

describe('scores of labels', () => {
  test('an unbalanced set told apart by class', () => {
    const matrix = confusionMatrix([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0], 3);
    expect([...matrix.counts]).toEqual([3, 1, 0, 1, 1, 0, 0, 0, 0]);
    expect(accuracyOf(matrix)).toBeCloseTo(4 / 6);
    expect(recalls(classCounts(matrix))).toEqual([0.75, 0.5, null]);
    expect(balancedAccuracy(classCounts(matrix))).toBeCloseTo(0.625);
    // F1: 6 / 8 and 2 / 4; the third class is nowhere.
    expect(macroF1(classCounts(matrix))).toBeCloseTo(0.625);
    expect(intersectionsOverUnion(classCounts(matrix))).toEqual([3 / 5, 1 / 3, null]);
    expect(meanIntersectionOverUnion(classCounts(matrix))).toBeCloseTo((3 / 5 + 1 / 3) / 2);
  });

  test('the matrix keeps what the pairs say', () => {
    fc.assert(
      fc.property(pairs, (samples) => {
        const [truth, guess] = [samples.map(([t]) => t), samples.map(([, g]) => g)];
        const matrix = confusionMatrix(truth, guess, classes);
        expect(accuracyOf(matrix)).toBeCloseTo(accuracy(truth, guess));
        // A class's F1 is 2 IoU / (1 + IoU), so both are zero or one together and IoU is smaller.
        expect(meanIntersectionOverUnion(classCounts(matrix))).toBeLessThanOrEqual(
          macroF1(classCounts(matrix)) + 1e-12,
        );
      }),
    );
  });

  test('ignored samples do not count', () => {
    const matrix = confusionMatrix([0, 255, 1], [0, 1, 0], 2, { ignore: 255 });
    expect([...matrix.counts]).toEqual([1, 0, 1, 0]);
  });

  test('refuses what cannot be scored', () => {
    expect(() => accuracy([], [])).toThrow('nothing to score');
    expect(() => accuracy([1], [1, 2])).toThrow('cannot be paired');
    expect(() => confusionMatrix([3], [0], 3)).toThrow('3 is not one of the 3 classes');
  });
});
