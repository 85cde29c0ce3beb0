import { meanOfKnown } from './classification.ts';
import { classCounts, type ClassCounts } from './confusion.ts';

/** Pixels of each class: all that IoU needs. */
export type RegionCounts = ClassCounts;

export const regionCounts = classCounts;

/**
 * Intersection over union of each class, of all pixels of all images together; null for a class in
 * neither truth nor guesses, whose union is empty.
 */
export function intersectionsOverUnion({ hits, truths, guesses }: RegionCounts): (number | null)[] {
  return Array.from(hits, (hit, c) => {
    const union = truths[c] + guesses[c] - hit;
    return union > 0 ? hit / union : null;
  });
}

/** mIoU: the mean over the classes that have a union. */
export function meanIntersectionOverUnion(regions: RegionCounts): number {
  return meanOfKnown(intersectionsOverUnion(regions));
}
