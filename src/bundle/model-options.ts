import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import type { BareOptions, Colours } from '../nn/bare/bare-model.ts';
import type { Size } from '../tensor/image.ts';

/** What a model's files may not say of it. What is given wins over what is assumed. */
export interface ModelOptions extends Omit<BareOptions, 'size'> {
  /** Pictures as it sees them, in pixels: the side of a square, or both sides. */
  readonly size?: number | Size | undefined;
  /** The names of its classes, in the order of its logits. */
  readonly labels?: readonly string[] | undefined;
  /** How pictures become its input: (x - mean) / std of colours in [0, 1]. */
  readonly normalisation?: { readonly mean: Colours; readonly std: Colours } | undefined;
}

/** How a job opens its model. */
export interface OpenModelOptions extends JobOptions {
  readonly modelOptions?: ModelOptions | undefined;
}

/** Both sides. */
export const bothSides = (size: number | Size): Size =>
  typeof size === 'number' ? { width: size, height: size } : size;

/** The side of a square, for models that see nothing else. Throws `usage` for other sizes. */
export function squareSide(size: ModelOptions['size'], where: string): number | undefined {
  if (size === undefined) return undefined;
  const { width, height } = bothSides(size);
  if (width === height) return width;
  throw new ModelLockError('usage', `${where} sees squares, not ${width}x${height}`);
}
