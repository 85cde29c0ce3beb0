import type { Random } from '../base/random/random.ts';
import type { Variation } from '../data/augment/augmentation.ts';
import type { ReadDataset } from '../data/reading/read-dataset.ts';
import type { Sample } from '../data/sample.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import type { Value } from '../graph/value.ts';
import type { Size } from '../tensor/image.ts';
import type { LabelMap } from '../tensor/label-map.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Tally } from './tally.ts';

export const taskNames = ['classification', 'multi-label', 'segmentation'] as const;
export type TaskName = (typeof taskNames)[number];

/** The task about texts. It is no `Task`: those are about pictures, which a key can edit. */
export const textTask = 'text-classification';

/** Everything that a model may be trained for. */
export const allTaskNames = [...taskNames, textTask] as const;
export type AnyTaskName = (typeof allTaskNames)[number];

/** What a network sees in a picture. */
export interface Answer {
  /** How likely each class is, or how much of the picture it covers: in [0, 1], [classes]. */
  readonly shares: ArrayLike<number>;
  /** The class of each pixel, where the task is about pixels. */
  readonly map?: LabelMap;
}

/**
 * What a model is to do, as one record: everything that training, locking and evaluation need to
 * know about the kind of labels. `Label` is the answer to one sample.
 */
export interface Task<Label> {
  readonly name: TaskName;
  /** The name of the score. */
  readonly metric: string;
  /** The network that answers: one distribution over the classes for a picture, or for each place. */
  readonly network: 'classifier' | 'segmenter';

  /** The labelled pictures of a folder or a file, in any layout that has such labels. */
  readonly read: ReadDataset<Label>;
  /** Whether a class that no picture is of cannot be meant. */
  readonly needsEveryClass: boolean;
  /** Throws `data`, naming the sample, for a label that does not go with its picture. */
  requireFit(label: Label, image: Size, sample: Sample<unknown>): void;
  /** What tells a label from others. */
  identity(label: Label): string | Uint8Array;
  /** How much memory a label takes, in bytes. */
  bytesOf(label: Label): number;
  /** The label of a picture as a model sees it, resized and cropped. */
  fit(label: Label, preprocessor: Preprocessor): Label;
  /** The label of a picture that was cropped, shifted and mirrored. */
  move(label: Label, variation: Variation): Label;

  /**
   * The loss of a batch, a scalar. `target` is [B, ...targetShape], as `encode` and `silence` write
   * it, or scaled by a weight.
   *
   * @param taught 1 for the rows that are taught their true labels, 0 for the others, [B].
   */
  loss(logits: Value, target: Value, taught: Value): Value;
  /** Shape of one sample's target, for pictures of a size. */
  targetShape(classes: number, size: Size): readonly number[];
  /** Whether a target has a place for every pixel, as its last two dimensions. */
  readonly spatial: boolean;
  /** Writes the target of a true label into `into`; `smoothing` of it is spread over all classes. */
  encode(label: Label, classes: number, into: Float32Array, smoothing: number): void;
  /** Adds to `counts` the share of the sample that is of each class, [classes]. */
  count(label: Label, counts: Float64Array): void;
  /** The share of a label that is neither learnt nor scored; absent where there is no such thing. */
  ignored?(label: Label): number;
  /** The weight of a label by those of the classes, [classes]; absent where labels are of several. */
  weightOf?(label: Label, weights: readonly number[]): number;
  /**
   * Writes the target that says nothing about the sample: how often each class is the answer,
   * whose likeliest class is the best constant one. `frequencies` are shares, [classes].
   */
  silence(frequencies: readonly number[], into: Float32Array): void;
  /**
   * What another network says of some pictures as targets to learn from, one for each; absent where
   * nobody learns from a network.
   *
   * @param logits [B, classes].
   * @param temperature what they are divided by, above 0: the larger, the softer the targets.
   */
  soften?(logits: Tensor<'float32'>, temperature: number): Float32Array[];
  /** A wrong label, drawn with `draw`, uniform in [0, 1). */
  wrong(label: Label, classes: number, draw: () => number): Label;
  /** Labels that look like answers and carry none, see `chaffClasses`; absent where there are none. */
  chaff?(
    colours: readonly Float32Array[],
    labels: readonly Label[],
    classes: number,
    random: Random,
  ): Label[];

  /**
   * Reads what a network said of some pictures.
   *
   * @param logits [B, ...].
   * @param sizes of the pictures, [B].
   */
  answers(logits: Tensor<'float32'>, sizes: readonly Size[]): Answer[];
  /** Collects answers and scores them. */
  tally(classes: number): Tally<Label>;
}
