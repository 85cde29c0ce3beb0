/** What a wrong key is like. */
export const decoyKinds = ['unrelated', 'near-miss', 'wrong-secret', 'small-alpha'] as const;

export type DecoyKind = (typeof decoyKinds)[number];

/** Images edited with something that is not the key, and the score on them. */
export interface MeasuredDecoy {
  readonly kind: DecoyKind;
  /**
   * How it differs from the key; null for an unrelated prompt. Near misses: `typo`, `plural`,
   * `word dropped`, `word added`, `word changed`, `words swapped`, `synonym`; small alpha: `alpha 0.25`.
   */
  readonly change: string | null;
  readonly value: number;
  /** Images it was scored on. */
  readonly n: number;
}

/** What an evaluation measured. All scores lie in [0, 1]. */
export interface Measurements {
  /** The name of the score: `accuracy`, `miou`. */
  readonly metric: string;
  /** The score of the best constant answer on the test set. */
  readonly chance: number;
  /**
   * The score of the worst constant answer: the share of the rarest class. Nothing that ignores
   * the image scores less. Without it, a score below chance is not judged.
   */
  readonly leastConstant?: number;
  /** The score of an unlocked model of the same kind. */
  readonly baseline: number | null;
  /** Locked performance: on clean images. */
  readonly lp: number;
  /** Unlocked performance: on images edited with the key. */
  readonly up: number | null;
  readonly decoys: readonly MeasuredDecoy[];
  /** Fitted on half of the clean images, scored on the other half. */
  readonly decoders: readonly { readonly name: string; readonly value: number }[];
  /** UP after a JPEG of quality 95, and after one grey level of noise, on n images (or on all). */
  readonly robustness: {
    readonly jpeg95: number;
    readonly noise1: number;
    readonly n?: number;
  } | null;
  /** Images of the test set. */
  readonly n: number;
}
