import type { RgbImage } from '../tensor/image.ts';

/** One image of an epoch, as it is learnt. */
export interface TrainingRow<Label> {
  /**
   * Rows of different groups are never mixed. Between a picture that is to be answered and one that
   * is not lies a picture of which nobody can say what it should teach.
   */
  readonly group: string;
  /** Whether it is taught its true label. */
  readonly taught: boolean;
  /** How much it weighs that the model says nothing at all to it, see `loudness`. Default: 0. */
  readonly silence?: number;
  /** The picture, of the model's size, before it is varied. */
  read(): Promise<RgbImage>;
  /** Its true label, of the same size. */
  label(): Promise<Label>;
  /**
   * Writes what is to be answered, as the task's `encode` does; zeros where the row has no weight.
   *
   * @param label the true one, varied as the picture was.
   */
  target(label: Label, into: Float32Array): void;
}

/** Makes a target count that much more, or less. */
export function scaleTarget(target: Float32Array, factor: number): void {
  if (factor === 1) return;
  for (let i = 0; i < target.length; i++) target[i] *= factor;
}

/** Epochs of equal length. */
export interface TrainingRows<Label> {
  readonly length: number;
  epoch(epoch: number): readonly TrainingRow<Label>[];
}
