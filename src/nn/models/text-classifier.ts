import { z } from 'zod';
import type { Value } from '../../graph/value.ts';
import { labelled } from '../config.ts';

/** What configurations of text classifiers share: one label of several, for each text. */
export const textLabels = {
  ...labelled,
  problem_type: z.literal('single_label_classification').nullish(),
};

export interface TextInputs {
  /** int64 [B, T] */
  readonly ids: Value;
  /** int64 [B, T], 1 for tokens and 0 for padding. Default: all are attended to. */
  readonly mask?: Value;
}

/** What a text classifier computes. */
export interface TextClassifierOutput {
  /** [B, classes] */
  readonly logits: Value;
  /** What the last layer sees, [B, D]. */
  readonly features: Value;
  /** The embeddings, then what comes out of each layer, [B, T, D]. */
  readonly hidden: readonly Value[];
}
