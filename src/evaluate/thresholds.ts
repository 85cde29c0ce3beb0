import type { DecoyKind } from './measurements.ts';

/**
 * What is tolerated, as differences of scores in [0, 1]. A finding needs both: a difference larger
 * than this, and one that sampling does not explain (zero outside its 95 % interval; where the
 * worst of k numbers is picked, outside its 1 - 5 % / k interval, after Bonferroni).
 */
export interface Thresholds {
  /** LP from chance, either way. */
  readonly locked: number;
  /** UP below the baseline: what a lock may cost. */
  readonly cost: number;
  /** The best decoder above chance. */
  readonly decoder: number;
  /** The mean over the wrong keys of a kind, above chance. */
  readonly decoys: Readonly<Record<Exclude<DecoyKind, 'small-alpha'>, number>>;
  /** A single wrong key opens the model when it goes this share of the way from chance to UP. */
  readonly opens: number;
  /** UP lost to a JPEG or to noise. */
  readonly fragile: number;
}

export const thresholds: Thresholds = {
  locked: 0.03,
  cost: 0.015,
  decoder: 0.05,
  // A near miss shares most of the key's text, and a wrong secret all of it.
  decoys: { unrelated: 0.05, 'near-miss': 0.15, 'wrong-secret': 0.15 },
  opens: 0.5,
  fragile: 0.03,
};

/** The changes of a letter or two. */
const spellingChanges: readonly string[] = ['typo', 'plural'];

/** Misspelt keys are reported and not judged: whoever has one has read the key. */
export function isSpelling({ change }: { readonly change: string | null }): boolean {
  return change !== null && spellingChanges.includes(change);
}
