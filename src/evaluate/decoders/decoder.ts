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

/** The same where each class is a question of its own: is it in the image or not? */
export interface QuestionDecoder extends Pick<Decoder, 'name' | 'about'> {
  /**
   * Learns from an attacker's own images to say how likely each class is, [N, C] in any unit.
   *
   * @param labels 1 where an image is of a class, else 0, [N, C].
   */
  fit(logits: Logits, labels: Tensor<'float32'>, random: Random): (logits: Logits) => Logits;
}
