import { meanOfKnown } from './classification.ts';
import { guessCounts, hitCounts, truthCounts, type ConfusionMatrix } from './confusion.ts';

/**
 * Intersection over union of each class, from the confusion matrix of all pixels of all images;
 * null for a class in neither truth nor guesses, whose union is empty.
 */
export function intersectionsOverUnion(matrix: ConfusionMatrix): (number | null)[] {
  const [truths, guesses] = [truthCounts(matrix), guessCounts(matrix)];
  return Array.from(hitCounts(matrix), (hits, c) => {
    const union = truths[c] + guesses[c] - hits;
    return union > 0 ? hits / union : null;
  });
}

/** mIoU: the mean over the classes that have a union. */
export function meanIntersectionOverUnion(matrix: ConfusionMatrix): number {
  return meanOfKnown(intersectionsOverUnion(matrix));
}
