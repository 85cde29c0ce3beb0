import { meanOfKnown } from './classification.ts';
import { guessCounts, hitCounts, truthCounts, type ConfusionMatrix } from './confusion.ts';

/** Pixels of each class in the truth, in the guesses and in both, [C]: all that IoU needs. */
export interface RegionCounts {
  readonly hits: Float64Array;
  readonly truths: Float64Array;
  readonly guesses: Float64Array;
}

export const regionCounts = (matrix: ConfusionMatrix): RegionCounts => ({
  hits: hitCounts(matrix),
  truths: truthCounts(matrix),
  guesses: guessCounts(matrix),
});

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
