import type { ImageDataset, ImageItem } from './image-folder.ts';

export const splitNames = ['train', 'val', 'test'] as const;
/** A side of a data set. */
export type SplitName = (typeof splitNames)[number];

/** What else may be known of a picture. */
export interface Annotation {
  /** Whose it is, such as a patient: no group may be on two sides of a split. */
  readonly group?: string;
  /** The side on which whoever made the data set put it. */
  readonly split?: SplitName;
}

/** A picture of one class. */
export interface AnnotatedItem extends ImageItem, Annotation {}

/** A picture of any number of classes, none included. */
export interface MultiLabelItem extends Annotation {
  readonly path: string;
  /** Numbers of its classes, ascending. */
  readonly labels: readonly number[];
}

/** Pictures of one class each: what takes an `ImageDataset` takes this. */
export interface SingleLabelDataset extends ImageDataset {
  readonly kind: 'single';
  readonly items: readonly AnnotatedItem[];
}

export interface MultiLabelDataset {
  readonly kind: 'multi';
  readonly classes: readonly string[];
  readonly items: readonly MultiLabelItem[];
}

export type LabelledDataset = SingleLabelDataset | MultiLabelDataset;
