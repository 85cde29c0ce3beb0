import { singles } from '../../metrics/clusters.ts';
import { tensor } from '../../tensor/tensor.ts';
import type { Decoder, Logits, QuestionDecoder } from './decoder.ts';
import { takeRows } from '../../tasks/rows.ts';
import { minimise } from './lbfgs.ts';
import { sigmoid, softmax, type Likelihood } from './likelihoods.ts';
import { addProduct, addTransposedProduct, matrix, rowOf, type Matrix } from './matrix.ts';
import { indexOfLargest } from './ranks.ts';
import { splitByCluster, stratifiedSplit, type Split } from './split.ts';
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
    const split = stratifiedSplit(labels, innerShare, random);
    const model = fitted({ logits, labels, likelihood: softmax }, split);
    return (others) => {
      const scores = scoresOf(model, others); // [N, C]
      return Array.from({ length: scores.rows }, (_, i) => indexOfLargest(rowOf(scores, i)));
    };
  },
};

/** The same for each class by itself: is it there or not? */
export const logisticRegressions: QuestionDecoder = {
  name: 'logistic-regressions',
  about: 'a logistic regression for each class on the scores of all',
  fit: (logits, labels, random) => {
    const split = splitByCluster(singles(labels.shape[0]), innerShare, random);
    const model = fitted({ logits, labels, likelihood: sigmoid }, split);
    return (others) =>
      tensor('float32', others.shape, Float32Array.from(scoresOf(model, others).data));
  },
};

interface Labelled<Labels> {
  readonly logits: Logits;
  readonly labels: Labels;
  readonly likelihood: Likelihood<Labels>;
}

/** Scores W^T z + b, with z the whitened logits. */
interface Model {
  readonly whitening: Whitening;
  /** W [C, C], then b [C]. */
  readonly parameters: Float64Array;
}

/** A fit to all rows, with the penalty that suits the second of the two parts when fitted to the first. */
function fitted<Labels>(all: Labelled<Labels>, { first, second }: Split): Model {
  const { penalty, parameters } = choosePenalty(subset(all, first), subset(all, second));
  return fitPenalised(all, { penalty, tolerance: fine, start: parameters });
}

const subset = <Labels>(all: Labelled<Labels>, rows: readonly number[]): Labelled<Labels> => ({
  ...all,
  logits: takeRows(all.logits, rows),
  labels: all.likelihood.take(all.labels, rows),
});

/** Weakens the penalty, each fit starting from the last one, until the held-out loss rises. */
function choosePenalty<Labels>(
  train: Labelled<Labels>,
  heldOut: Labelled<Labels>,
): { readonly penalty: number; readonly parameters?: Float64Array } {
  let best: { penalty: number; parameters?: Float64Array; loss: number } = {
    penalty: penalties[0],
    loss: Infinity,
  };
  for (const penalty of penalties) {
    const model = fitPenalised(train, { penalty, tolerance: coarse, start: best.parameters });
    // Which overwrites the scores, as nobody else needs them.
    const loss = heldOut.likelihood.residuals(scoresOf(model, heldOut.logits), heldOut.labels);
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
function fitPenalised<Labels>(
  { logits, labels, likelihood }: Labelled<Labels>,
  { penalty, tolerance, start }: FitOptions,
): Model {
  const [n, classes] = logits.shape;
  const whitening = fitWhitening(logits);
  const z = whiten(logits, whitening); // [N, C]
  const residuals = matrix(n, classes);
  const weights = classes * classes;
  const objective = (parameters: Float64Array, gradient: Float64Array): number => {
    scoresInto(residuals, z, parameters);
    const loss = likelihood.residuals(residuals, labels) / n;
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
    precondition: preconditioner(classes, likelihood.variance(classes), penalty),
    tolerance,
  });
  return { whitening, parameters };
}

/**
 * The inverse Hessian where nothing is known of the labels: whitened inputs make it a multiple of
 * one, 1 / (variance + penalty) for the weights and 1 / variance for the biases.
 */
function preconditioner(
  classes: number,
  variance: number,
  penalty: number,
): (vector: Float64Array) => void {
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
