import type { Logits } from './decoder.ts';
import {
  addProduct,
  addTransposedProduct,
  cholesky,
  invertLower,
  matrix,
  type Matrix,
} from './matrix.ts';

/** A linear map after which logits have mean 0 and no correlation: z = (x - mean) T. */
export interface Whitening {
  readonly mean: Float64Array;
  /** T, [C, C]. */
  readonly transform: Matrix;
}

/** Added to the variances of the standardised logits: directions flatter than this stay flat. */
const ridge = 1e-8;

/**
 * Learns a whitening. What a locked model still knows hides in directions of little variance,
 * beneath what it was taught to say instead; there a penalty on plain logits would keep a
 * regression from looking.
 */
export function fitWhitening(logits: Logits): Whitening {
  const [n, classes] = logits.shape;
  const mean = columnMeans(logits, (value) => value);
  const variance = columnMeans(logits, (value, c) => (value - mean[c]) ** 2);
  // 0 for a logit that is the same for all images.
  const scale = variance.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 0));
  const standardised = matrix(
    n,
    classes,
    Float64Array.from(logits.data, (value, i) => (value - mean[i % classes]) * scale[i % classes]),
  );
  const correlation = matrix(classes, classes);
  addTransposedProduct(standardised, standardised, correlation);
  for (let i = 0; i < correlation.data.length; i++) correlation.data[i] /= n;
  for (let c = 0; c < classes; c++) correlation.data[c * classes + c] += ridge;
  // With L L^T the correlation, L^-1 whitens columns, so its transpose whitens rows.
  const inverse = invertLower(cholesky(correlation));
  const transform = matrix(classes, classes);
  for (let i = 0; i < classes; i++) {
    for (let j = 0; j < classes; j++) {
      transform.data[i * classes + j] = scale[i] * inverse.data[j * classes + i];
    }
  }
  return { mean, transform };
}

/** [N, C] -> [N, C] */
export function whiten(logits: Logits, { mean, transform }: Whitening): Matrix {
  const [n, classes] = logits.shape;
  const centred = Float64Array.from(logits.data, (value, i) => value - mean[i % classes]);
  const z = matrix(n, classes);
  addProduct(matrix(n, classes, centred), transform, z);
  return z;
}

function columnMeans(
  logits: Logits,
  term: (value: number, column: number) => number,
): Float64Array {
  const [n, classes] = logits.shape;
  const means = new Float64Array(classes);
  logits.data.forEach((value, i) => (means[i % classes] += term(value, i % classes) / n));
  return means;
}
