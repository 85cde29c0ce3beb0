import { ModelLockError } from '../../base/error.ts';
import { readImage } from '../../platform/images.ts';
import type { RgbImage } from '../../tensor/image.ts';
import type { LabelMap } from '../../tensor/label-map.ts';
import type { Annotation } from '../annotated-item.ts';

/** A picture with a class for every pixel. */
export interface SegmentationItem extends Annotation {
  readonly path: string;
  /** The file that the mask comes from, for messages. */
  readonly maskFile: string;
  /** Reads the mask: numbers of classes, or `ignoreIndex`. Throws `data` and `not-found`. */
  readonly mask: () => Promise<LabelMap>;
}

/** A set of pictures with masks on disk. Nothing of their pixels has been read. */
export interface SegmentationDataset {
  readonly classes: readonly string[];
  readonly items: readonly SegmentationItem[];
}

/**
 * A picture and its mask, of one size. Throws `data` where they are not, and what reading them
 * throws.
 */
export async function readSegmentation(
  item: SegmentationItem,
): Promise<{ image: RgbImage; mask: LabelMap }> {
  const [image, mask] = await Promise.all([readImage(item.path), item.mask()]);
  if (image.width === mask.width && image.height === mask.height) return { image, mask };
  throw new ModelLockError(
    'data',
    `the mask in ${item.maskFile} has ${mask.width}x${mask.height} pixels, its picture ${item.path} has ${image.width}x${image.height}`,
  );
}
