import type { Value } from '../../graph/value.ts';
import type { NetworkOutput } from './network.ts';

/** How an image classifier is built for training. */
export interface ClassifierOptions {
  /** Drop path of the last residual block, in [0, 1); it grows in a line from zero at the first. */
  readonly dropPath?: number;
}

/** What an image classifier computes. */
export interface ClassifierOutput extends NetworkOutput {
  /** [B, classes] */
  readonly logits: Value;
  /** What the last layer sees, [B, D]. */
  readonly features: Value;
  /** What goes into each stage, and what comes out of the last. */
  readonly hidden: readonly Value[];
}
