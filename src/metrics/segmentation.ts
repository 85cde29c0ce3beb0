import { meanOfKnown } from './classification.ts';
import type { ClassCounts } from './confusion.ts';

/**
 * Intersection over union of each class, whose samples are pixels, of all pixels of all images together; null for a class in
 * neither truth nor guesses, whose union is empty.
 */
export function intersectionsOverUnion({ hits, truths, guesses }: ClassCounts): (number | null)[] {
  return Array.from(hits, (hit, c) => {
    const union = truths[c] + guesses[c] - hit;
    return union > 0 ? hit / union : null;
  });
}

/** mIoU: the mean over the classes that have a union. */
export function meanIntersectionOverUnion(counts: ClassCounts): number {
  return meanOfKnown(intersectionsOverUnion(counts));
}
