import type { LabelMap } from '../../tensor/label-map.ts';
import type { Annotation } from '../annotated-item.ts';
import type { SlicePlace } from '../picture-files.ts';

/** A picture, or a volume of pictures, with a class for every pixel. */
export interface SegmentationItem extends Annotation {
  readonly path: string;
  /**
   * Reads the mask: numbers of classes, or `ignoreIndex`. Throws `data` and `not-found`.
   *
   * @param slice of a file of several pictures.
   */
  readonly mask: (slice?: SlicePlace) => Promise<LabelMap>;
  /** Whether what is ignored in it is 255 in a picture, which a palette could give a class. */
  readonly ignoresWhite?: boolean;
}

/** A set of pictures with masks on disk. Nothing of their pixels has been read. */
export interface SegmentationDataset {
  readonly classes: readonly string[];
  readonly items: readonly SegmentationItem[];
}
