import type { Tensor } from '../../tensor/tensor.ts';
import { takeRows } from '../../tasks/rows.ts';
import { rowOf, type Matrix } from './matrix.ts';
import { indexOfLargest } from './ranks.ts';

/** How scores of classes become probabilities of labels. */
export interface Likelihood<Labels> {
  /** The labels of some rows. */
  take(labels: Labels, rows: readonly number[]): Labels;
  /** Turns scores [N, C] into probabilities minus labels, in place; returns the sum of the cross-entropies. */
  residuals(scores: Matrix, labels: Labels): number;
  /** The variance of a label where nothing is known, for the curvature of the loss. */
  variance(classes: number): number;
}

/** One class for a row, [N]. */
export const softmax: Likelihood<readonly number[]> = {
  take: (labels, rows) => rows.map((row) => labels[row]),
  residuals: (scores, labels) => {
    let loss = 0;
    labels.forEach((label, i) => {
      const row = rowOf(scores, i);
      const top = row[indexOfLargest(row)];
      const right = row[label];
      let sum = 0;
      for (let c = 0; c < row.length; c++) sum += row[c] = Math.exp(row[c] - top);
      for (let c = 0; c < row.length; c++) row[c] /= sum;
      row[label] -= 1;
      loss += Math.log(sum) + top - right;
    });
    return loss;
  },
  variance: (classes) => (1 / classes) * (1 - 1 / classes),
};

/** Yes (1) or no (0) to each class, [N, C]. */
export const sigmoid: Likelihood<Tensor<'float32'>> = {
  take: takeRows,
  residuals: ({ data: scores }, { data: labels }) => {
    let loss = 0;
    for (let i = 0; i < scores.length; i++) {
      const [score, label] = [scores[i], labels[i]];
      // log(1 + e^x) - x y, without overflow.
      const power = Math.exp(-Math.abs(score));
      loss += Math.max(score, 0) + Math.log1p(power) - score * label;
      scores[i] = (score >= 0 ? 1 : power) / (1 + power) - label;
    }
    return loss;
  },
  variance: () => 1 / 4,
};
