import type { Value } from '../../graph/value.ts';
import type { NetworkOutput } from './network.ts';

/** What a network computes that gives each place of a picture a class. */
export interface SegmenterOutput extends NetworkOutput {
  /** [B, classes, h, w]; h and w may be fractions of the picture's. */
  readonly logits: Value;
  /** What comes out of each stage, [B, D, h, w]. */
  readonly hidden: readonly Value[];
}
