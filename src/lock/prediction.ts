export interface Prediction {
  readonly image: string;
  /** The likeliest classes first; of a segmenter, those that cover most of the picture. */
  readonly classes: readonly ClassShare[];
}

export interface ClassShare {
  readonly label: string;
  readonly probability: number;
}

/** The `top` classes with the largest shares, those first. */
export const likeliest = (
  labels: readonly string[],
  shares: ArrayLike<number>,
  top: number,
): readonly ClassShare[] =>
  labels
    .map((label, c) => ({ label, probability: shares[c] }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
