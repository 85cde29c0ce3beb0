import type { RgbImage } from '../tensor/image.ts';

/** One image of an epoch, as it is learnt. */
export interface TrainingRow {
  /**
   * Rows of different groups are never mixed. Between a picture that is to be answered and one that
   * is not lies a picture of which nobody can say what it should teach.
   */
  readonly group: string;
  /** Whether the model is to say nothing at all to it, see `loudness`. */
  readonly silent?: boolean;
  /** The picture, of the model's size, before it is varied. */
  read(): Promise<RgbImage>;
  /** Writes what is to be answered, [classes]; zeros where the row has no weight. */
  target(into: Float32Array, progress: number): void;
}

/** Epochs of equal length. */
export interface TrainingRows {
  readonly length: number;
  epoch(epoch: number): readonly TrainingRow[];
}
