import type { Value } from '../graph/value.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * What a model is to do, as one record: everything that training, locking and evaluation need to
 * know about the kind of labels. `Label` is the answer for one sample.
 */
export interface Task<Label> {
  readonly name: string;
  /** The name of the score. */
  readonly metric: string;
  /** The loss of a batch, a scalar. `target` is as `encode` and `silence` write it. */
  loss(logits: Value, target: Value): Value;
  /** Shape of one sample's target. */
  targetShape(classes: number): readonly number[];
  /** Writes the target of a true label into `into`. */
  encode(label: Label, classes: number, into: Float32Array): void;
  /**
   * Writes the target that says nothing about the sample: how often each class is the answer,
   * whose likeliest class is the best constant one. `frequencies` are shares, [classes].
   */
  silence(frequencies: readonly number[], into: Float32Array): void;
  /** A wrong label, drawn with `draw`, uniform in [0, 1). */
  wrong(label: Label, classes: number, draw: () => number): Label;
  /** Reads answers from the model's output of a batch. */
  read(logits: Tensor<'float32'>): Label[];
  /** The score of answers, in [0, 1]. */
  score(predicted: readonly Label[], truth: readonly Label[], classes: number): number;
  /** The score of the best constant answer. */
  chance(truth: readonly Label[], classes: number): number;
}
