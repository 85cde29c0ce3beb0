import type { Random } from '../base/random/random.ts';
import type { Estimate, Interval } from '../metrics/intervals.ts';
import type { Clusters } from '../metrics/clusters.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Answers to pictures, collected a few at a time and scored. */
export interface Tally<Label> {
  /**
   * Adds the answers to some pictures.
   *
   * @param logits what the network said, [B, ...].
   * @param truths what would have been right, of the pictures' own size, [B].
   */
  add(logits: Tensor<'float32'>, truths: readonly Label[]): void;
  /**
   * What was collected; nothing may be added afterwards.
   *
   * @param clusters pictures that belong together, in the order in which they were added; none do unless given.
   */
  outcome(clusters?: Clusters): Outcome;
}

/** How good the answers to some pictures are. Scores lie in [0, 1]. */
export interface Outcome {
  /** Pictures. */
  readonly n: number;
  /** Clusters of them, each of which tells of the others little or nothing. */
  readonly clusters: number;
  readonly score: number;
  /** The score of the best answer that is the same for every picture. */
  readonly chance: number;
  /** The score of the worst such answer, where nothing that ignores the picture scores less. */
  readonly leastConstant?: number;
  /** Of each class: the pictures that it is in, and its score; null where it does not occur. */
  readonly perClass: readonly { readonly n: number; readonly score: number | null }[];
  /** A 95 % interval of the score over draws of pictures, or of clusters of them. */
  readonly interval: (random: Random) => Interval;
  /** Other scores that people want to see beside it. */
  readonly measures: (random: Random) => Measures;
  /** What somebody may try to read the truth from; undefined where no decoder knows how. */
  readonly readable?: Readable;
}

/** Scores by name, each in [0, 1] with a 95 % interval over draws of pictures, or of clusters of them. */
export type NamedEstimates = Readonly<Record<string, Estimate>>;

export interface Measures {
  /** Of all classes together. */
  readonly overall: NamedEstimates;
  /** Of each class against all others; empty where it does not occur. */
  readonly perClass: readonly NamedEstimates[];
}

/** Answers as rows of logits, each about one thing: a picture, or a pixel. */
interface ReadableRows {
  /** [N, C] */
  readonly logits: Tensor<'float32'>;
  /** Rows that tell of one another: of the pixels of a picture, of the pictures of a patient. */
  readonly clusters: Clusters;
}

/** Each row is of one class. */
export interface ReadableClasses extends ReadableRows {
  readonly kind: 'classes';
  /** The true classes, [N]. */
  readonly labels: readonly number[];
  /** The task's score of guesses at some of the rows, given by their numbers. */
  readonly estimate: (
    rows: readonly number[],
    guesses: readonly number[],
    random: Random,
  ) => Estimate;
}

/** Each class is a question of its own. */
export interface ReadableQuestions extends ReadableRows {
  readonly kind: 'questions';
  /** 1 where a row is of a class, else 0, [N, C]. */
  readonly labels: Tensor<'float32'>;
  /** The task's score of how likely each class was said to be in some of the rows, [rows, C]. */
  readonly estimate: (
    rows: readonly number[],
    scores: Tensor<'float32'>,
    random: Random,
  ) => Estimate;
}

export type Readable = ReadableClasses | ReadableQuestions;
