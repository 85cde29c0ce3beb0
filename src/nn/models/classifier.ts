import type { Value } from '../../graph/value.ts';

/** What an image classifier computes. */
export interface ClassifierOutput {
  /** [B, classes] */
  readonly logits: Value;
  /** What the last layer sees, [B, D]. */
  readonly features: Value;
  /** What goes into each stage, and what comes out of the last. */
  readonly hidden: readonly Value[];
}
