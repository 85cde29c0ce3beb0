import { fileSize, hashFile } from '../platform/files.ts';
import { readImage } from '../platform/images.ts';
import type { RgbImage } from '../tensor/image.ts';
import type { Annotation } from './annotated-item.ts';

/** A picture of a data set. Nothing of its pixels has been read. */
export interface Picture {
  /** Its file, and what picks it out of a file of several: for messages, and unique in a set. */
  readonly path: string;
  /** Throws `data`, naming the path, for a picture that cannot be read. */
  read(): Promise<RgbImage>;
  /** SHA-256 of all that `read` depends on. */
  content(): Promise<string>;
  /** Bytes of the file, where all of it counts: pictures of other lengths have another content. */
  length?(): Promise<number>;
}

/** A picture, and what a model is to answer to it. */
export interface Sample<Label> extends Picture, Annotation {
  /** Read when it is wanted, for it may be as large as the picture. Throws as `read` does. */
  label(): Promise<Label>;
  /** Draws from a set keep the shares of these numbers; one class, where there is one. */
  readonly stratum: number;
  /** Of a label that is a mask, see `SegmentationItem`. */
  readonly ignoresWhite?: boolean;
}

/** Labelled pictures on disk. */
export interface Dataset<Label> {
  readonly classes: readonly string[];
  /** What the files call the classes, where `classes` are those of a model. */
  readonly ownClasses?: readonly string[];
  readonly samples: readonly Sample<Label>[];
}

/** The picture that is all of a file. */
export const filePicture = (path: string): Picture => ({
  path,
  read: () => readImage(path),
  content: () => hashFile(path),
  length: () => fileSize(path),
});
