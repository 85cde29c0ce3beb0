import type { Decoder, Logits } from './decoder.ts';
import { takeRows } from './decoder.ts';
import { minimise } from './lbfgs.ts';
import { addProduct, addTransposedProduct, matrix, rowOf, type Matrix } from './matrix.ts';
import { indexOfLargest } from './ranks.ts';
import { stratifiedSplit } from './split.ts';
import { fitWhitening, whiten, type Whitening } from './whitening.ts';

/** Strengths of the L2 penalty that are tried, strong to weak. */
const penalties = [1, 0.1, 0.01, 1e-3] as const;

/** The gain of a step, relative to the loss, at which a fit ends: to choose a penalty, and at last. */
const [coarse, fine] = [1e-3, 1e-4];

/** The share of the attacker's images that the penalty is not chosen on. */
const innerShare = 0.75;

/**
 * Multinomial logistic regression from the logits to the labels: the strongest linear reading. The
 * penalty is chosen on a quarter of the images given, so the score on others stays honest.
 */
export const logisticRegression: Decoder = {
  name: 'logistic-regression',
  about: 'logistic regression on the scores of all classes',
  fit: (logits, labels, random) => {
    const { first, second } = stratifiedSplit(labels, innerShare, random);
    const { penalty, parameters } = choosePenalty(
      subset(logits, labels, first),
      subset(logits, labels, second),
    );
    const model = fitPenalised({ logits, labels }, { penalty, tolerance: fine, start: parameters });
    return (others) => {
      const scores = scoresOf(model, others); // [N, C]
      return Array.from({ length: scores.rows }, (_, i) => indexOfLargest(rowOf(scores, i)));
    };
  },
};

interface Labelled {
  readonly logits: Logits;
  readonly labels: readonly number[];
}

/** softmax(W^T z + b), with z the whitened logits. */
interface Model {
  readonly whitening: Whitening;
  /** W [C, C], then b [C]. */
  readonly parameters: Float64Array;
}

function subset(logits: Logits, labels: readonly number[], rows: readonly number[]): Labelled {
  return { logits: takeRows(logits, rows), labels: rows.map((row) => labels[row]) };
}

/** Weakens the penalty, each fit starting from the last one, until the held-out loss rises. */
function choosePenalty(
  train: Labelled,
  heldOut: Labelled,
): { readonly penalty: number; readonly parameters?: Float64Array } {
  let best: { penalty: number; parameters?: Float64Array; loss: number } = {
    penalty: penalties[0],
    loss: Infinity,
  };
  for (const penalty of penalties) {
    const model = fitPenalised(train, { penalty, tolerance: coarse, start: best.parameters });
    const loss = crossEntropy(scoresOf(model, heldOut.logits), heldOut.labels);
    if (!(loss < best.loss)) break;
    best = { penalty, parameters: model.parameters, loss };
  }
  return best;
}

interface FitOptions {
  readonly penalty: number;
  /** As of `minimise`. */
  readonly tolerance: number;
  readonly start?: Float64Array;
}

/** Minimises mean cross-entropy + penalty / 2 |W|^2. */
function fitPenalised(
  { logits, labels }: Labelled,
  { penalty, tolerance, start }: FitOptions,
): Model {
  const [n, classes] = logits.shape;
  const whitening = fitWhitening(logits);
  const z = whiten(logits, whitening); // [N, C]
  const residuals = matrix(n, classes);
  const weights = classes * classes;
  const objective = (parameters: Float64Array, gradient: Float64Array): number => {
    scoresInto(residuals, z, parameters);
    const loss = softmaxResiduals(residuals, labels) / n;
    gradient.fill(0);
    addTransposedProduct(z, residuals, matrix(classes, classes, gradient.subarray(0, weights)));
    residuals.data.forEach((value, i) => (gradient[weights + (i % classes)] += value));
    let squares = 0;
    for (let i = 0; i < gradient.length; i++) gradient[i] /= n;
    for (let i = 0; i < weights; i++) {
      gradient[i] += penalty * parameters[i];
      squares += parameters[i] ** 2;
    }
    return loss + (penalty / 2) * squares;
  };
  const parameters = minimise(objective, start ?? new Float64Array(weights + classes), {
    precondition: preconditioner(classes, penalty),
    tolerance,
  });
  return { whitening, parameters };
}

/**
 * The inverse Hessian where all classes are equally likely, p = 1 / C: whitened inputs make it a
 * multiple of one, 1 / (p (1 - p) + penalty) for the weights and 1 / (p (1 - p)) for the biases.
 */
function preconditioner(classes: number, penalty: number): (vector: Float64Array) => void {
  const variance = (1 / classes) * (1 - 1 / classes);
  const weights = classes * classes;
  return (vector) => {
    for (let i = 0; i < weights; i++) vector[i] /= variance + penalty;
    for (let i = weights; i < vector.length; i++) vector[i] /= variance;
  };
}

function scoresOf({ whitening, parameters }: Model, logits: Logits): Matrix {
  const [n, classes] = logits.shape;
  const scores = matrix(n, classes);
  scoresInto(scores, whiten(logits, whitening), parameters);
  return scores;
}

/** Z W + b. */
function scoresInto(scores: Matrix, z: Matrix, parameters: Float64Array): void {
  const classes = scores.columns;
  const bias = parameters.subarray(classes * classes);
  for (let i = 0; i < scores.rows; i++) scores.data.set(bias, i * classes);
  addProduct(z, matrix(classes, classes, parameters.subarray(0, classes * classes)), scores);
}

/** Turns scores into softmax minus one-hot, in place; returns the sum of the cross-entropies. */
function softmaxResiduals(scores: Matrix, labels: readonly number[]): number {
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
}

/** Mean over the rows. Overwrites the scores. */
function crossEntropy(scores: Matrix, labels: readonly number[]): number {
  return softmaxResiduals(scores, labels) / labels.length;
}
