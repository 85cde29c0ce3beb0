import type { Random } from '../../base/random/random.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/** What a model said about N images. [N, C] */
export type Logits = Tensor<'float32'>;

/** Reads labels out of logits. */
export type Predict = (logits: Logits) => number[];

/**
 * A way to read the labels of clean images out of a locked model's outputs, for somebody who has
 * some labelled images of their own.
 */
export interface Decoder {
  readonly name: string;
  /** One phrase that says what it does. */
  readonly about: string;
  /**
   * Learns from an attacker's own images.
   *
   * @param labels the true classes, [N], each in 0 .. C - 1.
   */
  fit(logits: Logits, labels: readonly number[], random: Random): Predict;
}

/** The given rows of [N, C]. */
export function takeRows(logits: Logits, rows: readonly number[]): Logits {
  const [, classes] = logits.shape;
  const data = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => {
    data.set(logits.data.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  return { dtype: 'float32', shape: [rows.length, classes], data };
}
