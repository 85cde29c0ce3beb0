import type { Components } from '../../diffusion/components.ts';
import type { TextRun } from '../../diffusion/pipelines/text-run.ts';
import type { RgbImage } from '../../tensor/image.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { EditOptions } from '../editor.ts';
import type { Box } from '../image/box.ts';

/** A full batch of pictures to edit, each with its own key's text and noise. */
export interface DiffusionBatch extends TextRun {
  /** As they are to be edited, each at its own size. */
  readonly pictures: readonly RgbImage[];
  /** The same, padded to one size that the network takes, [B, 3, H, W] in [-1, 1]. */
  readonly images: Tensor<'float32'>;
  readonly imageGuidance: number;
  /** 1 for methods without that option. */
  readonly strength: number;
}

/** Options that some ways of editing have and others do not. */
export type OwnOption = 'imageGuidance' | 'strength';

/** One way to edit pictures with a diffusion pipeline: all that differs between such editors. */
export interface DiffusionMethod {
  /** The settings it is used with where the editor's folder names no others. */
  readonly defaults: EditOptions;
  readonly has: readonly OwnOption[];
  /** Input channels of the U-Nets it works with, for latents of so many channels. */
  unetChannels(latents: number): readonly number[];
  /** Throws `usage` for options, each in its range, that do not fit together. */
  check?(components: Components, options: EditOptions): void;
  /** What of a picture is painted anew, for pipelines whose latents have `factor` pixels a side. */
  boxOf?(picture: RgbImage, factor: number): Box;
  /**
   * The edited pictures at full strength, in order; what lies right of or below the pictures' own
   * size is cropped. Each depends on its own picture, text and noise alone.
   */
  run(components: Components, batch: DiffusionBatch): Promise<RgbImage[]>;
}
