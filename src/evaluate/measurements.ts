import type { Estimate } from '../metrics/intervals.ts';

/** What a wrong key is like. */
export const decoyKinds = ['unrelated', 'near-miss', 'wrong-secret', 'small-alpha'] as const;

export type DecoyKind = (typeof decoyKinds)[number];

/** Images edited with something that is not the key, and the score on them. */
export interface MeasuredDecoy extends Estimate {
  readonly kind: DecoyKind;
  /**
   * How it differs from the key; null for an unrelated prompt. Near misses: `typo`, `plural`,
   * `word dropped`, `word added`, `word changed`, `words swapped`, `synonym`; small alpha: `alpha 0.25`.
   */
  readonly change: string | null;
  /** Images it was scored on. */
  readonly n: number;
}

/** What an evaluation measured: scores in [0, 1], with 95 % intervals over draws of images. */
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
  readonly baseline: Estimate | null;
  /** Locked performance: on clean images. */
  readonly lp: Estimate;
  /** Unlocked performance: on images edited with the key. */
  readonly up: Estimate | null;
  readonly decoys: readonly MeasuredDecoy[];
  /** Fitted on half of the clean images, scored on the other half. */
  readonly decoders: readonly ({ readonly name: string } & Estimate)[];
  /** UP after a JPEG of quality 95, and after one grey level of noise. */
  readonly robustness: { readonly jpeg95: Estimate; readonly noise1: Estimate } | null;
  /** Images of the test set. */
  readonly n: number;
}
