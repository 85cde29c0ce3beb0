import type { Value } from '../../graph/value.ts';

/** How an image classifier is built for training. */
export interface ClassifierOptions {
  /** Drop path of the last residual block, in [0, 1); it grows in a line from zero at the first. */
  readonly dropPath?: number;
}

/** What an image classifier computes. */
export interface ClassifierOutput {
  /** [B, classes] */
  readonly logits: Value;
  /** What the last layer sees, [B, D]. */
  readonly features: Value;
  /**
   * What goes into a last ReLU, [B, C, h, w], where `features` are means of what that lets through.
   * Images for which it is negative everywhere have the same logits, to the last bit.
   */
  readonly beforeLastRelu?: Value;
  /** What goes into each stage, and what comes out of the last. */
  readonly hidden: readonly Value[];
}
