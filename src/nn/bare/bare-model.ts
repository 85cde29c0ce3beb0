import type { StoredTensor, StoredTensors } from '../../formats/stored-tensor.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import type { RawConfig } from '../config.ts';

/**
 * Models that come as weights alone, as timm, torchvision and MAE publish them. What they are is
 * read off the names and shapes of their tensors; what those do not tell is assumed, and said.
 */

/** What becomes of the last tokens of a vision transformer: the class token, or the mean of the patches. */
export const poolings = ['token', 'mean'] as const;
export type Pooling = (typeof poolings)[number];

/** What weights may leave open. */
export interface BareOptions {
  /** Height and width of pictures in pixels. */
  readonly size?: number | undefined;
  /** Heads of a vision transformer's attention. */
  readonly heads?: number | undefined;
  readonly pooling?: Pooling | undefined;
}

export type Colours = readonly [red: number, green: number, blue: number];

/** How pictures become a model's input. */
export interface Preparation {
  readonly height: number;
  readonly width: number;
  /** (x - mean) / std of colours in [0, 1]. */
  readonly mean: Colours;
  readonly std: Colours;
  readonly resampling: 'bilinear' | 'bicubic';
  /**
   * Share of the shorter side that is in the cropped middle, in (0, 1]. Default: pictures are
   * squeezed to height x width, whole.
   */
  readonly crop?: number;
}

export interface BareModel {
  /** In transformers' layout where that computes the same, otherwise in one of ours. */
  readonly config: RawConfig;
  /** Under the names that the configuration's model has. */
  readonly tensors: StoredTensors;
  readonly preparation: Preparation;
  /** What was assumed, a clause each. */
  readonly assumed: readonly string[];
}

/** A way in which weights lie in a file. */
export interface BareLayout {
  /** In words. */
  readonly name: string;
  /** The options that it leaves open. */
  readonly open: readonly (keyof BareOptions)[];
  /** Whether names and shapes are of this kind. */
  readonly fits: (tensors: StoredTensors) => boolean;
  /** Throws `unsupported` for a relative that computes something else, `usage` for options that do not fit. */
  readonly read: (
    tensors: StoredTensors,
    options: BareOptions,
    where: string,
  ) => Promise<BareModel>;
}

/** Means and deviations of colours that models are trained with. */
export const colours = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  half: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
} as const satisfies Record<string, Pick<Preparation, 'mean' | 'std'>>;

/** A float32 tensor that no file has, all of one value. */
export function filled(shape: readonly number[], value: number): StoredTensor {
  return {
    dtype: 'float32',
    shape,
    read: () =>
      Promise.resolve({
        dtype: 'float32',
        shape,
        data: new Float32Array(sizeOf(shape)).fill(value),
      }),
  };
}

/** How many there are of the numbered modules whose names a pattern captures, from 0 or 1 on. */
export function countOf(tensors: StoredTensors, numbered: RegExp): number {
  const numbers = new Set<string>();
  for (const name of tensors.keys()) {
    const [, number] = numbered.exec(name) ?? [];
    if (number !== undefined) numbers.add(number);
  }
  return numbers.size;
}
